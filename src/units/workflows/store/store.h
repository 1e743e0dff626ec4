// Where histories are kept. A Store runs transactions, one at a time, on the calling thread; a StoreQueue
// takes them from any thread and calls back when they are durable.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/error.h"
#include "units/workflows/store/tables.h"

namespace trivium::units::workflows {

// One transaction. `work` reads and writes; an error it returns, or one of the tables, rolls back what it
// did and nothing else. `done` hears how it ended, after the commit; captures that both share carry the
// results. Both must not throw; `done` must be short. `work` begins anew if it is called again, because what
// it did could not be made durable.
struct Job {
  std::function<Result<>(Tables&)> work;
  std::function<void(Result<>)> done;
  bool read_only = false;   // `work` writes nothing: need not wait for writers, nor they for it
  std::string run_id = {};  // the run that it is about, if that is known: can be read for many jobs at once
  bool ends_turn = false;   // whoever submits it, in a Runnable's run(), does nothing else in that run
};

class Store {
 public:
  virtual ~Store() = default;

  // Runs the jobs' work in order, all in one durable transaction, each atomic by itself, and then their
  // `done` in the same order. If the transaction cannot be made durable, all fail with kind Unavailable,
  // retryable, and nothing is written.
  virtual void run(std::span<Job> jobs) = 0;
  // Whether the last run left something to be done between runs: it may take long, and nobody waits for it.
  virtual bool untidy() const { return false; }
  virtual void tidy() {}
};

class StoreQueue {
 public:
  virtual ~StoreQueue() = default;

  // Any thread. Jobs run, and their `done` is called, in the order of submission, on the queue's thread
  // or one that it takes instead.
  // After stop(): `done` is called at once with Unavailable.
  virtual void submit(Job job) = 0;
  // Runs what was submitted so far, then nothing more. Not from a job.
  virtual void stop() = 0;
};

}  // namespace trivium::units::workflows
