// What other threads put into a process's mailbox.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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
  Error error;
};

// Ends the process with this error, whatever it is doing.
struct Kill {
  Error error;
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
  // False once closed: nothing is kept.
  bool push(Envelope envelope) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    queue_.push_back(std::move(envelope));
    return true;
  }
  // Moves everything into `out`, which must be empty.
  void drain(std::vector<Envelope>& out) {
    const std::lock_guard lock(mutex_);
    queue_.swap(out);
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Envelope> queue_;
  bool closed_ = false;
};

}  // namespace trivium::units
