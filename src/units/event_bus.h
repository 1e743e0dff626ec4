// Publish and subscribe inside one node: events are delivered as messages on a topic of the subscriber's own.
#pragma once

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/value.h"
#include "sched/ref.h"

namespace trivium::units {

class Process;

// Thread-safe. Nothing is kept for subscribers to come; what one has not taken waits in its mailbox.
class EventBus {
 public:
  // "*" matches everything, "x*" what begins with x, anything else itself alone.
  static bool matches(std::string_view pattern, std::string_view text);

  // Events that match both patterns go to `topic` of the process, each once, those of one publisher in their
  // order; until unsubscribe, or until the process ends or replaces its code. Called by the process itself.
  void subscribe(Process& process, std::string topic, std::string system, std::string kind);
  void unsubscribe(const Process& process, std::string_view topic);

  // Has reached every subscriber's mailbox when it returns. Nil data: none. Returns how many bytes it takes
  // there.
  size_t publish(std::string_view system, std::string_view kind, std::string_view path, Value data = {});
  // Whether it is worth while to make an event of this system: somebody may want it.
  bool wanted() const { return count_.load(std::memory_order_relaxed) != 0; }

 private:
  struct Subscription {
    std::string topic;
    std::string system;
    std::string kind;
  };
  struct Subscriber {
    sched::Ref<Process> process;
    std::vector<Subscription> subscriptions;
  };

  void forget(uint64_t serial);

  mutable std::shared_mutex mutex_;
  std::unordered_map<uint64_t, Subscriber> subscribers_;  // by serial of the process
  std::atomic<size_t> count_{0};                          // of subscriptions
};

}  // namespace trivium::units
