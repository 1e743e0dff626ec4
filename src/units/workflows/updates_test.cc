// Updates across restarts: what was accepted is carried out, what was refused never was.
#include <gtest/gtest.h>

#include <deque>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

class UpdatesTest : public ::testing::Test {
 protected:
  UpdatesTest() {
    // Answers "<name> <value>" after an activity, and refuses what is below zero.
    world.programs.add("app:wf", R"lua(
      return function()
        local requests, sum = listen_message('add'), 0
        while sum < 100 do
          local request = requests:receive()
          local from, n = request:from(), request:payload():data()
          if n < 0 then
            sum = sum + 1000
            send(from, 'nak', 'negative')
          else
            send(from, 'ack')
            sum = sum + call('app:same', n)
            send(from, 'ok', sum)
          end
        end
        return sum
      end)lua");
    world.functions.add("app:same", [](const Array& arguments) { return lua::Reply::of(arguments[0]); });
  }

  void ask(const std::string& pid, int64_t n) {
    answers.push_back("");
    std::string& answer = answers.back();
    world.service().update(pid, "add", encode_values({Value(n)}), [&answer](const lua::Reply& reply) {
      answer = reply.error ? std::string(reply.error->message)
                           : std::to_string(first_value(reply.values).as_int());
    });
  }

  World world;
  std::deque<std::string> answers;
};

TEST_F(UpdatesTest, AnAcceptedOneIsCarriedOutByTheNextRuntime) {
  const auto started = world.start("app:wf");
  ask(started->pid, 7);
  while (world.functions.waiting() == 0) ASSERT_TRUE(world.step_without_activities());
  world.restart();
  EXPECT_EQ(answers.front(), "the runtime stops");
  world.run_for(std::chrono::hours(1));
  ask(started->pid, 1);
  world.run_for(std::chrono::hours(1));
  EXPECT_EQ(answers.back(), "8");
  ask(started->pid, 100);
  EXPECT_EQ(shown(world.wait(started->pid)), "108");
}

TEST_F(UpdatesTest, OneThatNobodyTookUpWaitsForTheNextRuntime) {
  const auto started = world.start("app:wf");
  world.queue().crash_at(2, TestQueue::Crash::before);
  ask(started->pid, 7);
  world.settle();
  ASSERT_TRUE(world.crashed());
  world.restart();
  world.run_for(std::chrono::hours(1));
  ask(started->pid, 1);
  world.run_for(std::chrono::hours(1));
  EXPECT_EQ(answers.back(), "8");
}

TEST_F(UpdatesTest, RefusedOnesLeaveNoTrace) {
  const auto started = world.start("app:wf");
  ask(started->pid, 1);
  world.settle();
  const std::string before = outline(world.history(started->pid));
  ask(started->pid, -1);
  ask(started->pid, -2);
  world.settle();
  EXPECT_EQ(answers[1], "negative");
  EXPECT_EQ(answers[2], "negative");
  EXPECT_EQ(outline(world.history(started->pid)), before);
  // Among others they do not count either.
  ask(started->pid, -3);
  ask(started->pid, 5);
  world.settle();
  EXPECT_EQ(answers[3], "negative");
  EXPECT_EQ(answers[4], "6");
  const auto history = world.history(started->pid);
  EXPECT_EQ(world.replay(history, started->workflow_id, started->run_id), "");
  EXPECT_EQ(world.describe(started->pid).waiting_events, 0u);
}

TEST_F(UpdatesTest, DeathAtAnyTransactionLosesNothingThatWasAnswered) {
  for (int at = 1; at < 12; ++at) {
    for (const auto when : {TestQueue::Crash::before, TestQueue::Crash::after}) {
      World fresh(static_cast<uint64_t>(at));
      fresh.programs = world.programs;
      fresh.functions.add("app:same", [](const Array& arguments) { return lua::Reply::of(arguments[0]); });
      const auto started = fresh.start("app:wf");
      fresh.queue().crash_at(at, when);
      int64_t heard = 0;
      for (const int64_t n : {1, -5, 2}) {
        fresh.service().update(started->pid, "add", encode_values({Value(n)}),
                               [&heard](const lua::Reply& reply) {
                                 if (!reply.error)
                                   heard = std::max(heard, first_value(reply.values).as_int());
                               });
      }
      fresh.settle();
      fresh.restart();
      fresh.run_for(std::chrono::hours(1));
      const auto history = fresh.history(started->pid);
      int accepted = 0;
      int completed = 0;
      for (const Event& event : history) {
        accepted += event.type == EventType::update_accepted ? 1 : 0;
        completed += event.type == EventType::update_completed ? 1 : 0;
      }
      EXPECT_EQ(accepted, completed) << at;
      EXPECT_GE(completed, heard == 0 ? 0 : heard == 3 ? 2 : 1) << at;
      EXPECT_EQ(fresh.replay(history, started->workflow_id, started->run_id), "") << at;
    }
  }
}

}  // namespace
}  // namespace trivium::units::workflows::testing
