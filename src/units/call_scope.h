// Cancellation is a tree: every execution owns a scope that holds the calls it has in flight. When
// the execution ends by anything but a function's return, they are cancelled; a function that
// returns hands those that still run to its own caller's scope.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/error.h"
#include "sched/ref.h"

namespace trivium::units {

class Process;

// Thread-safe. Roots (processes, requests, commands) have no parent.
class CallScope {
 public:
  explicit CallScope(std::shared_ptr<CallScope> parent = nullptr) : parent_(std::move(parent)) {}

  // False when the scope has ended: the call must not start.
  bool adopt(uint64_t serial, sched::Ref<Process> call);
  void release(uint64_t serial);
  bool ended() const;
  // Ends the scope and forgets what is in it.
  void abandon() { end(); }
  // Ends the scope and cancels what is in it.
  void cancel();
  // Ends the scope and hands what is in it to the nearest scope above that has not ended; without
  // one it is cancelled.
  void hand_up();

 private:
  using Calls = std::unordered_map<uint64_t, sched::Ref<Process>>;
  Calls end();

  const std::shared_ptr<CallScope> parent_;
  mutable std::mutex mutex_;
  Calls calls_;
  bool ended_ = false;
};

// The error of a cancelled execution.
Error canceled_error();

}  // namespace trivium::units
