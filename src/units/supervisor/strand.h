// Runs tasks one at a time, in the order they were posted, on the threads that post them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace trivium::units {

// Thread-safe. No lock is held while a task runs, so a task may post; what it posts runs after it. The thread
// that finds the strand idle works off the queue, what others add meanwhile included.
class Strand {
 public:
  void post(std::function<void()> task);

  // Drops what is queued and everything posted later; returns once no task runs. Not from a task.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::deque<std::function<void()>> queue_;
  bool busy_ = false;
  bool closed_ = false;
};

}  // namespace trivium::units
