#include "sched/run_state.h"

#include <gtest/gtest.h>

namespace trivium::sched {
namespace {

using State = RunState::State;
using AfterRun = RunState::AfterRun;

TEST(RunState, OnlyTheFirstWakeQueues) {
  RunState state;
  EXPECT_EQ(state.state(), State::idle);
  EXPECT_TRUE(state.wake());
  EXPECT_FALSE(state.wake());
  EXPECT_EQ(state.state(), State::scheduled);
}

TEST(RunState, ParksUntilTheNextWake) {
  RunState state;
  state.wake();
  state.begin();
  EXPECT_EQ(state.state(), State::running);
  EXPECT_EQ(state.park(), AfterRun::parked);
  EXPECT_EQ(state.state(), State::idle);
  EXPECT_TRUE(state.wake());
}

TEST(RunState, AWakeWhileRunningQueuesAgain) {
  RunState state;
  state.wake();
  state.begin();
  EXPECT_FALSE(state.wake());
  EXPECT_FALSE(state.wake());
  EXPECT_EQ(state.state(), State::running_notified);
  EXPECT_EQ(state.park(), AfterRun::requeue);
  EXPECT_EQ(state.state(), State::scheduled);
  state.begin();
  EXPECT_EQ(state.park(), AfterRun::parked);
}

TEST(RunState, RequeueForgetsTheNotification) {
  for (const bool notified : {false, true}) {
    RunState state;
    state.wake();
    state.begin();
    if (notified) state.wake();
    state.requeue();
    EXPECT_EQ(state.state(), State::scheduled);
    state.begin();
    EXPECT_EQ(state.state(), State::running);
  }
}

TEST(RunState, DoneIsFinal) {
  for (const bool notified : {false, true}) {
    RunState state;
    state.wake();
    state.begin();
    if (notified) state.wake();
    EXPECT_EQ(state.finish(), AfterRun::parked);
    EXPECT_EQ(state.state(), State::done);
    EXPECT_FALSE(state.wake());
    EXPECT_EQ(state.state(), State::done);
  }
}

TEST(RunState, TheQueueHoldsAReference) {
  RunState state;
  state.wake();
  EXPECT_FALSE(state.release());
  state.begin();
  EXPECT_EQ(state.park(), AfterRun::destroy);

  RunState done;
  done.wake();
  EXPECT_FALSE(done.release());
  done.begin();
  EXPECT_EQ(done.finish(), AfterRun::destroy);

  RunState released;
  released.retain();
  EXPECT_FALSE(released.release());
  EXPECT_TRUE(released.release());
}

}  // namespace
}  // namespace trivium::sched
