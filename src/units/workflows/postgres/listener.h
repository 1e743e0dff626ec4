// Hears what runtimes of one schema tell each other, on a connection and a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "units/workflows/postgres/options.h"

namespace trivium::units::workflows {

// A hint, no more: what is missed while the connection is away is found by looking again, which `heard` is
// asked to do with an empty text after each (re)connection.
class PostgresListener {
 public:
  using Heard = std::function<void(const std::string&)>;
  // `heard` is called from the listener's thread.
  PostgresListener(PostgresOptions options, Heard heard);
  ~PostgresListener();  // `heard` is not called any more
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void work();
  // Until the connection breaks or the listener ends.
  void listen(class Connection& connection);
  void wait_a_second();

  const PostgresOptions options_;
  const Heard heard_;
  int stop_event_ = -1;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace trivium::units::workflows
