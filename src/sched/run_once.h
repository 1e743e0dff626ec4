// One turn of a Runnable, the same on every scheduler.
#pragma once

#include <utility>

#include "sched/lane_gate.h"
#include "sched/runnable_internals.h"

namespace trivium::sched {

// What has to be queued after a turn; the queue's references come along. Either may be null.
struct AfterTurn {
  Runnable* admitted = nullptr;  // got the place in the lane that the turn made free
  Runnable* requeued = nullptr;  // the same runnable, once more
};

// Takes over the queue's reference of `runnable`. `call_run` calls its run(), unless the lane is full.
template <class CallRun>
AfterTurn run_once(Runnable& runnable, CallRun&& call_run) {
  if (!LaneGate::admit(runnable)) return {};
  RunState& state = RunnableInternals::state(runnable);
  state.begin();
  const Outcome outcome = std::forward<CallRun>(call_run)(runnable);
  // Before anything that may destroy the runnable, and with it the lane.
  AfterTurn after{LaneGate::leave(runnable), nullptr};
  RunState::AfterRun what = RunState::AfterRun::requeue;
  switch (outcome) {
    case Outcome::again:
      state.requeue();
      break;
    case Outcome::idle:
      what = state.park();
      break;
    case Outcome::done:
      what = state.finish();
      break;
  }
  if (what == RunState::AfterRun::requeue) after.requeued = &runnable;
  if (what == RunState::AfterRun::destroy) RunnableInternals::destroy(runnable);
  return after;
}

}  // namespace trivium::sched
