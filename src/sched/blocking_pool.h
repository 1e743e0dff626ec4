// Threads for what blocks: SQLite, files, name lookups. Workers never block; they submit and park.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "core/duration.h"
#include "sched/task.h"

namespace trivium::sched {

// Thread-safe. Tasks start in the order they were submitted. The queue has no bound of its own: each
// submitter waits for its task and so pays for its place; whoever submits without waiting has to bound that.
class BlockingPool {
 public:
  struct Options {
    size_t max_threads = 64;                           // at least 1
    Duration idle_timeout = std::chrono::seconds(10);  // a thread without work for this long ends
  };

  BlockingPool();
  explicit BlockingPool(Options options);
  ~BlockingPool();  // shuts down

  // Runs `task` on one of the pool's threads; starts one if none is free and the maximum is not reached. The
  // task must not throw. False after shutdown, or if
  // the system can start no thread at all: the task is destroyed unrun.
  bool submit(Task task);

  // Runs everything submitted so far to its end, then ends the threads and waits for them. Idempotent; not
  // from a task.
  void shutdown();

  // Momentary figures.
  size_t threads() const;
  size_t idle() const;  // those of them that wait for a task
  size_t queued() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::sched
