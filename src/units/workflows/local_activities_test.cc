// Activities that run before the task that asks for them is committed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* steps =
    "return function(count, options) local sum = 0 for i = 1, count do "
    "local v, e = call_with(options, 'app:f', i) if e then return nil, e:message() end sum = sum + v end "
    "return sum end";

const Object local{{"activity.local", true}};

class LocalActivities : public ::testing::Test {
 protected:
  void SetUp() override {
    world.programs.add("app:steps", steps);
    world.functions.add("app:f", [this](const Array& arguments) {
      ++calls;
      return lua::Reply::of(arguments.empty() ? Value(1) : arguments[0]);
    });
  }
  void begin(const std::string& type, const Array& arguments) {
    StartRequest request;
    request.id = type;
    request.name = "one";
    request.arguments = encode_values(arguments);
    world.service().start(request, [](const Result<StartedWorkflow>& started) { EXPECT_TRUE(started); });
    rest();
  }
  // Until nothing is left to do but to end an activity.
  void rest() {
    while (world.step_without_activities()) {
    }
  }
  void end_one() {
    EXPECT_TRUE(world.functions.run_one([](size_t) { return 0; }));
    rest();
  }
  int commits(int64_t count, Object options) {
    const int before = world.queue().transactions();
    EXPECT_TRUE(world.start("app:steps", {Value(count), Value(std::move(options))}));
    world.settle();
    return world.queue().transactions() - before;
  }
  size_t recorded() { return world.history("one").size(); }
  void check_replay() {
    const RunDescription description = world.describe("one");
    EXPECT_EQ(world.replay(world.history("one"), "one", description.run.run_id), "");
  }

  World world;
  int calls = 0;
};

TEST_F(LocalActivities, ALoopOfThemTakesAFewCommits) {
  EXPECT_GE(commits(1000, {}), 1000);
  EXPECT_LE(commits(1000, local), 5);
  EXPECT_EQ(calls, 2000);
}

TEST_F(LocalActivities, TheHistoryIsThatOfOrdinaryOnes) {
  begin("app:steps", {Value(3), Value(local)});
  EXPECT_EQ(shown(world.wait("one")), "6");
  const std::string history = outline(world.history("one"));
  check_replay();
  world.programs.add("app:other", steps);
  ASSERT_TRUE(world.start("app:other", {Value(3), Value(Object())}, {{"workflow.id", "two"}}));
  EXPECT_EQ(shown(world.wait("two")), "6");
  EXPECT_EQ(outline(world.history("two")), history);
}

TEST_F(LocalActivities, TheFunctionMaySayItForAllItsCallers) {
  world.functions.set_options("app:f", local);
  EXPECT_LE(commits(100, {}), 5);
  EXPECT_GE(commits(100, {{"activity.local", false}}), 100);
}

TEST_F(LocalActivities, NothingIsCommittedWhileOneRunsUnlessItRunsLong) {
  begin("app:steps", {Value(2), Value(local)});
  const int before = world.queue().transactions();
  end_one();
  EXPECT_EQ(world.functions.waiting(), 1U);
  EXPECT_EQ(world.queue().transactions(), before);
  world.timers().advance(seconds(2));
  rest();
  EXPECT_EQ(world.queue().transactions(), before + 1);
  // It is an ordinary one now: a crash does not repeat the first.
  world.restart();
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(calls, 2);
  check_replay();
}

TEST_F(LocalActivities, ACrashBeforeTheCommitRepeatsThem) {
  begin("app:steps", {Value(2), Value(local)});
  end_one();
  world.restart();
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(calls, 3);
}

TEST_F(LocalActivities, OneThatMayBeginOnlyOnceIsAnOrdinaryOne) {
  Object once = local;
  once.set("activity.retry_policy", Object{{"maximum_attempts", 1}});
  begin("app:steps", {Value(2), Value(once)});
  end_one();
  world.restart();
  rest();
  EXPECT_THAT(shown(world.wait("one")), HasSubstr("StartToClose"));
  EXPECT_EQ(calls, 1);
}

TEST_F(LocalActivities, AFailedOneIsTriedAgainByItsPolicy) {
  world.functions.add("app:f", [this](const Array&) {
    if (++calls < 3) return lua::Reply::failure(Error::unspecified(kind::internal, "not yet"));
    return lua::Reply::of(7);
  });
  begin("app:steps", {Value(1), Value(local)});
  end_one();
  EXPECT_EQ(world.describe("one").activities.size(), 1U);
  world.restart();
  EXPECT_EQ(shown(world.wait("one")), "7");
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(outline(world.history("one")), HasSubstr("ActivityTaskCompleted"));
}

TEST_F(LocalActivities, ATaskThatAsksForMoreIsNotHeldBack) {
  world.programs.add("app:both",
                     "return function(options) local a = async('app:f', 1) "
                     "local v = call_with(options, 'app:f', 2) return v + a:receive() end");
  begin("app:both", {Value(local)});
  EXPECT_EQ(world.functions.waiting(), 2U);
  world.functions.saturate(true);
  EXPECT_EQ(world.describe("one").activities.size(), 2U);
}

// A task takes its place until it is committed, and here that takes as long as its activity.
TEST_F(LocalActivities, OnlySoManyTasksRunAtOnce) {
  world.options.most_tasks = 2;
  world.restart();
  for (const char* id : {"one", "two", "three", "four", "five"}) {
    StartRequest request;
    request.id = "app:steps";
    request.name = id;
    request.arguments = encode_values(Array{Value(2), Value(local)});
    world.service().start(request, [](const Result<StartedWorkflow>& started) { EXPECT_TRUE(started); });
  }
  rest();
  EXPECT_EQ(world.functions.waiting(), 2U);
  world.timers().advance(seconds(2));  // those two are committed, and wait as ordinary ones do
  rest();
  EXPECT_EQ(world.functions.waiting(), 4U);
  for (const char* id : {"one", "two", "three", "four", "five"}) EXPECT_EQ(shown(world.wait(id)), "3");
  EXPECT_EQ(calls, 10);
}

TEST_F(LocalActivities, AMessageIsTakenUpWhileOneRuns) {
  world.programs.add("app:listens",
                     "return function(options) local m = listen('m') local c = m:receive() "
                     "local v = call_with(options, 'app:f', 1) return v + m:receive() + c end");
  begin("app:listens", {Value(local)});
  world.service().signal("one", {"m", "", encode_values({Value(10)})}, [](const Result<>&) {});
  rest();
  EXPECT_EQ(world.functions.waiting(), 1U);
  world.service().signal("one", {"m", "", encode_values({Value(100)})}, [](const Result<>&) {});
  rest();
  EXPECT_EQ(shown(world.wait("one")), "111");
  check_replay();
  EXPECT_EQ(calls, 1);
}

// The end is refused, because there is news that the code has not seen; what ran before it is not lost.
TEST_F(LocalActivities, AMessageAtTheLastMomentRepeatsNothing) {
  begin("app:steps", {Value(2), Value(local)});
  end_one();
  world.service().signal("one", {"m", "", encode_values({Value(10)})}, [](const Result<>&) {});
  EXPECT_TRUE(world.functions.run_one([](size_t) { return 0; }));
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(calls, 2);
  check_replay();
}

TEST_F(LocalActivities, CodeThatCannotGoOnLosesNothingThatRan) {
  world.programs.add("app:stuck",
                     "return function(options) call_with(options, 'app:f', 1) call_with(options, 'app:f', 2) "
                     "version('a', 1, 2) version('a', 5, 6) end");
  begin("app:stuck", {Value(local)});
  end_one();
  end_one();
  const RunDescription description = world.describe("one");
  EXPECT_THAT(description.run.parked, HasSubstr("support of version"));
  EXPECT_EQ(description.activities.size(), 1U);  // its end waits for code that can go on
  EXPECT_EQ(calls, 2);
}

// The task that refuses it is thrown away; those before it are committed, and nothing runs twice.
TEST_F(LocalActivities, ARefusedUpdateLeavesWhatRanAlone) {
  begin("app:steps", {Value(2), Value(local)});
  end_one();
  std::string answer;
  world.service().update(world.service().pid_of("one"), "add", encode_values({Value(1)}),
                         [&answer](const lua::Reply& reply) {
                           answer = reply.error ? std::string(reply.error->kind) : "accepted";
                         });
  rest();
  EXPECT_EQ(answer, kind::not_found);
  EXPECT_EQ(world.functions.waiting(), 1U);
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(outline(world.history("one")), Not(HasSubstr("Update")));
  check_replay();
}

TEST_F(LocalActivities, AFullDiskOnlyDelaysThem) {
  begin("app:steps", {Value(2), Value(local)});
  world.queue().refuse(3);
  world.run_for(seconds(60));
  EXPECT_EQ(shown(world.wait("one")), "3");
  check_replay();
}

TEST_F(LocalActivities, ALostAnswerRepeatsNothing) {
  begin("app:steps", {Value(2), Value(local)});
  end_one();
  world.queue().lose_answers(1);
  world.run_for(seconds(60));
  EXPECT_EQ(shown(world.wait("one")), "3");
  EXPECT_EQ(calls, 2);
}

TEST_F(LocalActivities, ATerminatedWorkflowLetsGoOfThem) {
  begin("app:steps", {Value(2), Value(local)});
  world.service().terminate("one", "enough", [](const Result<>& done) { EXPECT_TRUE(done); });
  world.settle();
  EXPECT_EQ(world.describe("one").run.status, RunStatus::terminated);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
