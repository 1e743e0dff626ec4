// What other threads put into a process's mailbox.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/boxed.h"
#include "core/spin_lock.h"
#include "lua/command.h"
#include "lua/message.h"

namespace trivium::units {

class Process;

struct ReplyEnvelope {
  lua::OpId op;
  lua::Reply reply;
};

// A linked process failed. What it does is decided when it is taken out, not when it is put in.
struct LinkDown {
  std::string from;
  Boxed<Error> error;
};

// Ends the process with this error, whatever it is doing.
struct Kill {
  Boxed<Error> error;
};

// Something to do on the process's own thread, between two slices of its code.
struct Deferred {
  std::function<void(Process&)> action;
};

using Envelope = std::variant<lua::Message, ReplyEnvelope, LinkDown, Kill, Deferred>;

// Unbounded FIFO, many producers, one consumer. Unbounded on purpose: the sender of a message must
// never wait for the receiver; what it costs is charged to
// the receiver and shown by its mailbox size.
class Mailbox {
 public:
  // What becomes an Envelope. False once closed: nothing is kept.
  template <class T>
  bool push(T&& envelope) {
    const std::lock_guard lock(lock_);
    if (closed()) return false;
    queue_.emplace_back(std::forward<T>(envelope));
    return true;
  }
  // Moves everything into `out`, which must be empty.
  void drain(std::vector<Envelope>& out) {
    const std::lock_guard lock(lock_);
    queue_.swap(out);
  }
  void close() {
    std::vector<Envelope> dropped;  // destroyed outside the lock
    const std::lock_guard lock(lock_);
    closed_.store(true, std::memory_order_release);
    dropped.swap(queue_);
  }
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  size_t size() const {
    const std::lock_guard lock(lock_);
    return queue_.size();
  }

 private:
  mutable SpinLock lock_;
  std::atomic<bool> closed_{false};
  std::vector<Envelope> queue_;
};

}  // namespace trivium::units
