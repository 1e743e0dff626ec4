#include "units/event_bus.h"

#include <mutex>
#include <utility>

#include "core/wire.h"
#include "units/process.h"

namespace trivium::units {

bool EventBus::matches(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

void EventBus::subscribe(Process& process, std::string topic, std::string system, std::string kind) {
  bool first = false;
  {
    const std::unique_lock lock(mutex_);
    Subscriber& subscriber = subscribers_[process.serial()];
    first = !subscriber.process;
    if (first) subscriber.process = sched::Ref<Process>(&process);
    subscriber.subscriptions.push_back({std::move(topic), std::move(system), std::move(kind)});
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  if (first) process.at_end(0, [this, serial = process.serial()] { forget(serial); });
}

// The subscriber stays known: it is forgotten when the process ends.
void EventBus::unsubscribe(const Process& process, std::string_view topic) {
  const std::unique_lock lock(mutex_);
  const auto at = subscribers_.find(process.serial());
  if (at == subscribers_.end()) return;
  count_.fetch_sub(std::erase_if(at->second.subscriptions,
                                 [&](const Subscription& known) { return known.topic == topic; }),
                   std::memory_order_relaxed);
}

void EventBus::forget(uint64_t serial) {
  Subscriber forgotten;  // let go of outside the lock
  const std::unique_lock lock(mutex_);
  const auto at = subscribers_.find(serial);
  if (at == subscribers_.end()) return;
  count_.fetch_sub(at->second.subscriptions.size(), std::memory_order_relaxed);
  forgotten = std::move(at->second);
  subscribers_.erase(at);
}

size_t EventBus::publish(std::string_view system, std::string_view kind, std::string_view path, Value data) {
  if (!wanted()) return 0;
  size_t bytes = 0;
  Values values;
  const std::shared_lock lock(mutex_);
  for (const auto& [serial, subscriber] : subscribers_) {
    for (const Subscription& subscription : subscriber.subscriptions) {
      if (!matches(subscription.system, system) || !matches(subscription.kind, kind)) continue;
      if (values.empty()) {
        Object event{{"system", system}, {"kind", kind}, {"path", path}};
        if (!data.is_nil()) event.set("data", std::exchange(data, Value()));
        append(values, Value(std::move(event)));
      }
      subscriber.process->post(lua::Message{subscription.topic, std::string(), values});
      bytes += values.bytes.size() + sizeof(Envelope);
    }
  }
  return bytes;
}

}  // namespace trivium::units
