#include "units/workflows/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

TEST(Service, RunsAWorkflowToItsEnd) {
  World world;
  world.programs.add("app:hello", "return function(name) return 'hello ' .. name end");
  EXPECT_EQ(shown(world.execute("app:hello", {"world"})), "\"hello world\"");
}

TEST(Service, AnActivityIsAStepOfTheHistory) {
  World world;
  int calls = 0;
  world.functions.add("app:double", [&](const Array& arguments) {
    ++calls;
    return lua::Reply::of(arguments[0].as_int() * 2);
  });
  world.programs.add("app:steps",
                     "return function(n) local a = call('app:double', n) return call('app:double', a) end");
  const auto started = world.start("app:steps", {5});
  ASSERT_TRUE(started);
  EXPECT_EQ(shown(world.wait(started->pid)), "20");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(
      outline(world.history(started->pid)),
      "1 WorkflowExecutionStarted\n2 WorkflowTaskScheduled\n3 WorkflowTaskStarted\n4 WorkflowTaskCompleted\n"
      "5 ActivityTaskScheduled\n6 ActivityTaskStarted\n7 ActivityTaskCompleted\n"
      "8 WorkflowTaskScheduled\n9 WorkflowTaskStarted\n10 WorkflowTaskCompleted\n"
      "11 ActivityTaskScheduled\n12 ActivityTaskStarted\n13 ActivityTaskCompleted\n"
      "14 WorkflowTaskScheduled\n15 WorkflowTaskStarted\n16 WorkflowTaskCompleted\n"
      "17 WorkflowExecutionCompleted\n");
}

TEST(Service, GoesOnAfterARestart) {
  World world;
  int calls = 0;
  world.functions.add("app:count", [&](const Array&) { return lua::Reply::of(++calls); });
  world.programs.add(
      "app:slow",
      "return function() local a = call('app:count') sleep(1000000000) return a + call('app:count') end");
  const auto started = world.start("app:slow");
  ASSERT_TRUE(started);
  EXPECT_EQ(calls, 1);
  world.restart();
  EXPECT_EQ(shown(world.wait(started->pid)), "3");
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
