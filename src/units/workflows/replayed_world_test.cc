// Code that runs again finds everything as it was: objects in the same order and under the same names, and
// other workflows as they were found then, whatever a deployment or an address says now.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReplayedWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    world.functions.add("app:note", [this](const Array& arguments) {
      notes.push_back(arguments.empty() ? "" : arguments[0].as_string());
      return lua::Reply::of(1);
    });
  }
  void begin(const std::string& code) {
    world.programs.add("app:wf", "return function() " + code + " end");
    world.start("app:wf", {}, Object{{"workflow.id", "one"}});
    world.settle();
  }
  std::string parked() { return world.describe("one").run.parked; }
  // Goes on after the signal, in an instance that ran all of it again.
  std::string end() {
    world.restart();
    world.settle();
    world.signal("one", "go");
    EXPECT_THAT(parked(), IsEmpty());
    return parked().empty() ? shown(world.wait("one")) : parked();
  }

  World world;
  std::vector<std::string> notes;
};

TEST_F(ReplayedWorld, KeysThatAreObjectsComeInTheSameOrder) {
  begin(R"(
    local keys = {}
    for i = 1, 60 do
      local key
      if i % 3 == 0 then key = {} elseif i % 3 == 1 then key = function() return i end
      else key = coroutine.create(function() return i end) end
      keys[key] = i
    end
    for _, i in pairs(keys) do call_with({['activity.id'] = 'nr ' .. i}, 'app:note', tostring(i)) end
    listen('go'):receive()
    local order = {}
    for _, i in pairs(keys) do order[#order + 1] = i end
    return table.concat(order, ' '))");
  ASSERT_EQ(notes.size(), 60U);
  std::string order;
  for (const std::string& note : notes) order += (order.empty() ? "" : " ") + note;
  EXPECT_EQ(end(), '"' + order + '"');
}

TEST_F(ReplayedWorld, KeysStayInPlaceWhereMemoryIsUsedAgain) {
  begin(R"(
    local keys, count = setmetatable({}, {}), 0
    for round = 1, 3000 do
      local key = round % 2 == 0 and {} or coroutine.create(function() end)
      keys[key] = round
      if round % 100 ~= 0 then keys[key] = nil end
    end
    for _, round in pairs(keys) do call_with({['activity.id'] = 'nr ' .. round}, 'app:note', 'x') end
    listen('go'):receive()
    for key, round in pairs(keys) do if keys[key] == round then count = count + 1 end end
    return count)");
  EXPECT_EQ(notes.size(), 30U);
  EXPECT_EQ(end(), "30");
}

TEST_F(ReplayedWorld, ObjectsHaveTheSameText) {
  begin(R"(
    local function named(o) call_with({['activity.id'] = tostring(o)}, 'app:note', tostring(o)) end
    named({}) named(function() end) named(print) named(coroutine.create(function() end))
    listen('go'):receive()
    return tostring({}) == tostring({}))");
  EXPECT_THAT(notes, ElementsAre("table: 0x00000001", "function: 0x00000002", HasSubstr("0x00000003"),
                                 "thread: 0x00000004"));
  EXPECT_EQ(end(), "false");
}

TEST_F(ReplayedWorld, AChildNeedsAName) {
  begin("local r, e = spawn('') return e:kind() .. ' ' .. e:message()");
  EXPECT_EQ(shown(world.wait("one")), "\"Invalid process ID required\"");
}

// --- other workflows ------------------------------------------------------------------------------------

constexpr const char* executes =
    "local r, e = execute('app:other') listen('go'):receive() return r or e:kind() .. ' ' .. e:message()";

TEST_F(ReplayedWorld, AnEntryThatIsGoneWasThere) {
  world.programs.add("app:other", "return function() return 'done' end");
  begin(executes);
  world.programs.remove("app:other");
  EXPECT_EQ(end(), "\"done\"");
}

TEST_F(ReplayedWorld, AnEntryThatCameLaterWasNotThere) {
  begin(executes);
  world.programs.add("app:other", "return function() return 'done' end");
  EXPECT_EQ(end(), "\"NotFound workflow app:other not found\"");
}

TEST_F(ReplayedWorld, AnEntryOfAnotherProviderIsRefused) {
  world.programs.set_other_worker("app:other", "app:elsewhere");
  begin(executes);
  world.programs.add("app:other", "return function() return 'done' end");
  EXPECT_THAT(end(), HasSubstr("Invalid workflow app:other belongs to the worker app:elsewhere"));
}

TEST_F(ReplayedWorld, AChildWhoseTypeGotANameKeepsTheOneItHad) {
  world.programs.add("app:other", "return function() return 'done' end");
  begin("local r = exec('app:other') listen('go'):receive() return r");
  world.programs.set_type("app:other", "custom");
  EXPECT_EQ(end(), "\"done\"");
}

TEST_F(ReplayedWorld, AChildWhoseTypeGotAnotherNameOrLostItKeepsTheOneItHad) {
  for (const std::string now : {"newer", "app:other"}) {
    World world;
    world.programs.add("custom", "return function() return 'done' end");  // under its type
    world.programs.set_type("app:other", "custom");
    world.programs.add("app:wf",
                       "return function() local r = exec('app:other') listen('go'):receive() return r end");
    const auto started = world.start("app:wf");
    world.settle();
    world.programs.set_type("app:other", now);
    world.restart();
    world.signal(started->pid, "go");
    EXPECT_THAT(world.describe(started->pid).run.parked, IsEmpty());
    EXPECT_EQ(shown(world.wait(started->pid)), "\"done\"");
  }
}

TEST_F(ReplayedWorld, AChildThatIsNotThereIsRefusedForGood) {
  const std::string code =
      "local _, e = spawn('app:other') local _, f = exec('app:other') local _, g = exec_child('app:other') "
      "local id = unique() listen('go'):receive() return e:message() .. ', ' .. f:message() .. ', ' .. "
      "g:message() "
      ".. ', ' .. e:kind() .. ' ' .. id:sub(1, 5)";
  begin(code);
  world.programs.add("app:other", "return function() return 'done' end");
  EXPECT_EQ(end(),
            "\"workflow app:other not found, workflow app:other not found, "
            "workflow exec failed: workflow app:other not found, NotFound value\"");
}

TEST_F(ReplayedWorld, AContinuationThatIsNotThereIsRefusedForGood) {
  begin(
      "local _, e = upgrade('app:other') local id = unique() listen('go'):receive() "
      "return e:message() .. ' ' .. id:sub(1, 5)");
  world.programs.add("app:other", "return function() return 'done' end");
  EXPECT_THAT(end(), HasSubstr("workflow app:other not found value"));
}

TEST_F(ReplayedWorld, TheFirstOfTwoContinuationsOfOneRoundCounts) {
  world.programs.add("app:wf",
                     "return function(name) if name then return name end for _, n in ipairs({'A', 'B'}) do "
                     "coroutine.spawn(function() upgrade('', n) end) end sleep(1) end");
  EXPECT_EQ(shown(world.execute("app:wf")), "\"A\"");
}

TEST_F(ReplayedWorld, AChildForAnotherTaskQueueMayBeOfAnotherApplication) {
  begin("local _, e = spawn('app:other', 'theirs') listen('go'):receive() return tostring(e)");
  EXPECT_EQ(end(), "\"nil\"");
}

TEST_F(ReplayedWorld, AChildThatWasRefusedTakesNoValueOfAnother) {
  world.programs.add("app:other", "return function() listen('never'):receive() end");
  begin(R"(
    local options = {['workflow.id'] = 'child'}
    spawn_with(options, 'app:other')
    local r, e = spawn_with(options, 'app:other')
    local id = unique()
    listen('go'):receive()
    return e:kind() .. ' ' .. id:sub(1, 5))");
  EXPECT_EQ(end(), "\"AlreadyExists value\"");
}

TEST_F(ReplayedWorld, CodeThatAsksForAnotherChildDoesNotFit) {
  world.programs.add("app:other", "return function() return 'done' end");
  world.programs.add("app:third", "return function() return 'done' end");
  begin("execute('app:other') listen('go'):receive() return 1");
  const std::vector<Event> history = world.history("one");
  const std::string run_id = world.describe("one").run.run_id;
  EXPECT_THAT(world.replay(history, "one", run_id), IsEmpty());
  world.programs.add("app:wf", "return function() execute('app:third') listen('go'):receive() return 1 end");
  EXPECT_THAT(world.replay(history, "one", run_id), HasSubstr("child workflow app:third"));
  world.programs.add("app:wf", "return function() listen('go'):receive() return 1 end");
  EXPECT_THAT(world.replay(history, "one", run_id), HasSubstr("child workflow app:other"));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
