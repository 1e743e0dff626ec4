// Replay: the same history gives the same commands, and code that no longer fits is caught.
#include "units/workflows/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.h"
#include "units/workflows/matching.h"
#include "units/workflows/testing/lua_bindings.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Replay : public ::testing::Test {
 protected:
  Replay()
      : environment_(bindings()),
        parts_{environment_, world.programs, world.functions, world.processes, nothing_, Log(), 0, false} {
    world.functions.add("app:f", [](const Array& arguments) {
      return lua::Reply::of(arguments.empty() ? Value(1) : arguments[0]);
    });
  }

  // A finished run of this code.
  std::vector<Event> recorded(const std::string& body) {
    world.programs.add("app:wf", "return function(...) " + body + " end");
    const auto started = world.start("app:wf", {3});
    run_id_ = started->run_id;
    workflow_id_ = started->workflow_id;
    world.wait(started->pid);
    return world.history(started->pid);
  }

  // The commands of the last task when all before it is replayed, as text; or why the task failed.
  std::string replayed(std::vector<Event> history) {
    Engine engine(parts_, {"trivium:workflow_store", "trivium:workflow_worker", "default"}, workflow_id_,
                  run_id_);
    engine.feed(std::move(history), 1 << 30);
    if (engine.step() == Engine::Step::failed) return engine.failure().message;
    std::string text;
    for (const WorkflowCommand& command : engine.take_commands()) {
      text += std::string(event_name(command.event)) + json::encode(Value(command.attributes)).value_or("?") +
              "\n";
    }
    return text;
  }

  // What the history says the task that started at `at` asked for, in the same form.
  static std::string asked(const std::vector<Event>& history, size_t at) {
    std::string text;
    for (size_t i = at + 2; i < history.size() && is_command_event(history[i].type); ++i) {
      Object attributes = history[i].attributes;
      attributes.erase("workflow_task_completed_event_id");
      attributes.erase("summary");
      text += std::string(event_name(history[i].type)) + json::encode(Value(attributes)).value_or("?") + "\n";
    }
    return text;
  }

  void expect_replays(const std::vector<Event>& history) {
    ASSERT_FALSE(history.empty());
    for (size_t i = 0; i < history.size(); ++i) {
      if (history[i].type != EventType::task_started) continue;
      size_t end = i + 2;  // the markers this task recorded are needed to run it again
      while (end < history.size() && is_command_event(history[end].type)) ++end;
      const std::vector<Event> whole(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(end));
      for (int twice = 0; twice < 2; ++twice) {
        const std::string outcome = replayed(whole);
        EXPECT_THAT(outcome, ::testing::Not(HasSubstr("TMPRL1100"))) << outline(whole);
      }
      // Without what it recorded, a task that records nothing asks for the same again.
      const std::string wanted = asked(history, i);
      if (wanted.find("MarkerRecorded") != std::string::npos) continue;
      const std::vector<Event> before(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      EXPECT_EQ(replayed(before), wanted);
    }
  }

  World world;

 private:
  lua::Environment environment_;
  std::function<std::optional<std::string>(const std::string&)> nothing_ = [](const std::string&) {
    return std::nullopt;
  };
  EngineParts parts_;
  std::string run_id_;
  std::string workflow_id_;
};

TEST_F(Replay, GivesTheSameCommands) {
  expect_replays(recorded("local a = call('app:f', 1) sleep(1000000000) return call('app:f', a)"));
  expect_replays(
      recorded("local c = {} for i = 1, 5 do c[i] = async('app:f', i) end "
               "local s = 0 for i = 1, 5 do s = s + c[i]:receive() sleep(1) end return s"));
  expect_replays(recorded("local a = unique() call('app:f') local b = unique() sleep(5) return {a, b}"));
  expect_replays(
      recorded("version('a', -1, 1) call('app:f') version('b', -1, 1) call('app:f') version('a', -1, 1)"));
  expect_replays(
      recorded("local c, op = tick(1000000000) for i = 1, 3 do c:receive() call('app:f') end stop(op)"));
  expect_replays(recorded("attrs({a = 'b'}, {c = 1}) call('app:f') attrs({a = 'c'}) sleep(1)"));
  expect_replays(
      recorded("local t = {} for i = 1, 50 do t['k' .. i] = i end local n = 0 "
               "for k, v in pairs(t) do n = n + 1 if n % 10 == 0 then call('app:f', k) end end"));
  expect_replays(recorded("for i = 1, 3 do call('app:f', math.random(1000)) end"));
}

TEST_F(Replay, CoroutinesGoOnDepthFirst) {
  const std::vector<Event> history = recorded(
      "local c = channel.new(2) for i = 1, 2 do coroutine.spawn(function() unique() call('app:f', i) "
      "c:send(1) end) end "
      "c:receive() c:receive()");
  expect_replays(history);
  EXPECT_THAT(outline(history), HasSubstr("5 MarkerRecorded\n6 ActivityTaskScheduled\n7 MarkerRecorded\n"
                                          "8 ActivityTaskScheduled\n"));
}

TEST_F(Replay, ACoroutineWokenByAnImmediateCommandGoesBeforeTheNextOfTheRound) {
  // A records a value, then wakes E, which schedules an activity before B's.
  const std::vector<Event> history = recorded(
      "local wake, done = channel.new(1), channel.new(3) "
      "coroutine.spawn(function() wake:receive() call('app:f', 'E') done:send(1) end) "
      "coroutine.spawn(function() unique() wake:send(1) done:send(1) end) "
      "coroutine.spawn(function() call('app:f', 'B') done:send(1) end) "
      "for i = 1, 3 do done:receive() end");
  expect_replays(history);
  std::vector<std::string> order;
  for (const Event& event : history) {
    if (event.type != EventType::activity_scheduled) continue;
    order.push_back(json::encode(*event.attributes.find("input")).value_or(""));
  }
  ASSERT_EQ(order.size(), 2U);
  EXPECT_THAT(order[0], HasSubstr("E"));
  EXPECT_THAT(order[1], HasSubstr("B"));
}

TEST_F(Replay, ARequestWithoutAnOutcomeHasItsTurnToo) {
  // What A does after its timer comes after what B asked for in the same round, but its activity before B's.
  const std::vector<Event> history = recorded(
      "local log, gate, done = {}, channel.new(0), channel.new(2) "
      "for _, name in ipairs({'A', 'B'}) do coroutine.spawn(function() gate:receive() log[#log + 1] = name "
      ".. 1 "
      "after(1) log[#log + 1] = name .. 2 call('app:f', name) done:send(1) end) end "
      "gate:close() log[#log + 1] = 'M' done:receive() done:receive() "
      "local _, op = after(1) stop(op) return table.concat(log, ' ')");
  expect_replays(history);
  EXPECT_THAT(outline(history), HasSubstr("5 TimerStarted\n6 ActivityTaskScheduled\n7 TimerStarted\n"
                                          "8 ActivityTaskScheduled\n"));
  EXPECT_THAT(json::encode(Value(history.back().attributes)).value_or(""), HasSubstr("A1 B1 M A2 B2"));
}

TEST_F(Replay, WhatHadItsTurnBeforeTheEndIsAskedFor) {
  const std::vector<Event> history = recorded("async('app:f', 1) return 'left'");
  expect_replays(history);
  EXPECT_THAT(outline(history), HasSubstr("5 ActivityTaskScheduled\n6 WorkflowExecutionCompleted\n"));
}

// As runs that older runtimes began (tests/histories/turns has some).
TEST_F(Replay, ARunGoesOnTheWayItBegan) {
  std::vector<Event> history = recorded("call('app:f') async('app:f') return 'left'");
  ASSERT_EQ(history[3].type, EventType::task_completed);
  Object& attributes = history[3].attributes;
  EXPECT_EQ(*attributes.find("sdk_metadata"), Value(sdk_metadata()));
  const std::vector<Event> before(history.begin(), history.begin() + 9);
  EXPECT_THAT(replayed(before), StartsWith("ActivityTaskScheduled"));
  attributes.erase("sdk_metadata");
  const std::vector<Event> older(history.begin(), history.begin() + 9);
  EXPECT_THAT(replayed(older), StartsWith("WorkflowExecutionCompleted"));
}

TEST_F(Replay, ARunThatANewerRuntimeBeganWaitsForIt) {
  std::vector<Event> history = recorded("call('app:f') return 1");
  history[3].attributes.set("sdk_metadata",
                            Object{{"sdk_name", "trivium"}, {"lang_used_flags", Array{Value(1), Value(2)}}});
  EXPECT_THAT(replayed(history), StartsWith("a newer runtime wrote the history"));
}

TEST_F(Replay, ShowsBothSidesOfAMismatch) {
  std::vector<Event> history = recorded("call('app:f') sleep(1) return 1");
  world.programs.add("app:wf", "return function() sleep(1) call('app:f') return 1 end");
  EXPECT_EQ(replayed(history),
            "[TMPRL1100] the code does not fit the history: it asks for timer 5 where the history has "
            "activity app:f 5 (event 5, ActivityTaskScheduled)");
}

TEST_F(Replay, NoticesWhatIsMissingAndWhatIsTooMuch) {
  std::vector<Event> history = recorded("call('app:f') sleep(1) return 1");
  world.programs.add("app:wf", "return function() async('app:f') async('app:f') sleep(1) end");
  EXPECT_THAT(replayed(history), HasSubstr("asks for activity app:f 6 where the history has nothing more"));
  world.programs.add("app:wf", "return function() listen('x'):receive() end");
  EXPECT_THAT(replayed(history), HasSubstr("asks for nothing more where the history has activity app:f 5"));
}

TEST_F(Replay, ReordersByNameAreNoticed) {
  std::vector<Event> history = recorded("call('app:f') sleep(1) return 1");
  world.programs.add("app:wf", "return function() call('app:g') sleep(1) return 1 end");
  EXPECT_THAT(replayed(history),
              HasSubstr("asks for activity app:g 5 where the history has activity app:f 5"));
}

TEST_F(Replay, AMissingRecordedValueIsNoticed) {
  std::vector<Event> history = recorded("call('app:f') sleep(1) return 1");
  world.programs.add("app:wf", "return function() unique() call('app:f') sleep(1) return 1 end");
  EXPECT_THAT(replayed(history), StartsWith("[TMPRL1100] the code records value 1"));
}

TEST_F(Replay, AVersionOutOfRangeIsNoticed) {
  std::vector<Event> history = recorded("version('x', -1, 1) call('app:f') return 1");
  world.programs.add("app:wf", "return function() version('x', 2, 3) call('app:f') return 1 end");
  EXPECT_THAT(replayed(history), HasSubstr("Workflow code removed support of version 1. for \"x\" changeID. "
                                           "The oldest supported version is 2"));
}

TEST_F(Replay, VersionsMayDisappearFromTheCode) {
  std::vector<Event> history = recorded("version('x', -1, 1) call('app:f') sleep(1) return 1");
  world.programs.add("app:wf", "return function() call('app:f') sleep(1) return 1 end");
  EXPECT_EQ(replayed(history).find("TMPRL1100"), std::string::npos) << replayed(history);
}

TEST_F(Replay, AttemptsOfTasksThatFailedAreInvisible) {
  std::vector<Event> history = recorded("call('app:f') return 1");
  const std::vector<Event> failed = {{0, EventType::task_started, history[2].time_ns, {}, false, {}},
                                     {0, EventType::task_failed, history[2].time_ns, {}, false, {}},
                                     {0, EventType::task_scheduled, history[2].time_ns, {}, false, {}}};
  // The ids of everything behind shift by three.
  std::vector<Event> longer(history.begin(), history.begin() + 2);
  longer.insert(longer.end(), failed.begin(), failed.end());
  longer.insert(longer.end(), history.begin() + 2, history.begin() + 3);
  for (size_t i = 0; i < longer.size(); ++i) longer[i].id = static_cast<int64_t>(i) + 1;
  EXPECT_THAT(replayed(longer), HasSubstr("\"activity_id\":\"8\""));
}

TEST_F(Replay, UnknownEventsAndMarkersStopTheTask) {
  std::vector<Event> history = recorded("call('app:f') return 1");
  history[5].type = EventType::unknown;
  history[5].unknown_name = "FromTheFuture";
  EXPECT_THAT(replayed(history), HasSubstr("FromTheFuture"));
  history[5].worker_may_ignore = true;
  EXPECT_EQ(replayed(history).find("FromTheFuture"), std::string::npos);
}

TEST_F(Replay, ACodeChangeThatDoesNotFitParksTheRunUntilItIsPutRight) {
  world.programs.add("app:wf", "return function() call('app:f') listen('go'):receive() return 'done' end");
  world.programs.set_policy("app:wf", CodePolicy::latest);
  const auto started = world.start("app:wf");
  world.programs.add("app:wf", "return function() sleep(1) listen('go'):receive() return 'done' end");
  world.restart();
  EXPECT_TRUE(world.signal(started->pid, "go"));
  const RunDescription parked = world.describe(started->pid);
  EXPECT_THAT(parked.run.parked, HasSubstr("TMPRL1100"));
  EXPECT_EQ(parked.run.status, RunStatus::running);
  world.programs.add("app:wf", "return function() call('app:f') listen('go'):receive() return 'done' end");
  world.service().retry_parked();
  EXPECT_EQ(shown(world.wait(started->pid)), "\"done\"");
}

}  // namespace
}  // namespace trivium::units::workflows::testing
