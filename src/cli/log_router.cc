#include <algorithm>
#include <utility>

#include "cli/log_sinks.h"

namespace trivium::cli {
namespace {

// No record reaches this level.
constexpr int nothing = static_cast<int>(LogLevel::error) + 1;

thread_local bool inside_hook = false;

}  // namespace

LogRouter::LogRouter(std::unique_ptr<LogOutput> output, LogRouting base, const Clock& clock)
    : output_(std::move(output)), clock_(clock), base_(base) {
  update_gate();
}

LogRouter::~LogRouter() = default;

void LogRouter::update_gate() {
  const LogRouting routing = pushed_.empty() ? base_ : pushed_.back().routing;
  int gate = routing.output ? static_cast<int>(routing.level) : nothing;
  if (routing.events && hook_) gate = static_cast<int>(LogLevel::debug);
  gate_.store(gate, std::memory_order_relaxed);
}

LogRouting LogRouter::current() const {
  std::lock_guard lock(mutex_);
  return pushed_.empty() ? base_ : pushed_.back().routing;
}

void LogRouter::write(const LogRecord& record) {
  LogRouting routing;
  std::shared_ptr<const LogEventHook> hook;
  {
    std::lock_guard lock(mutex_);
    routing = pushed_.empty() ? base_ : pushed_.back().routing;
    if (routing.events && !inside_hook) hook = hook_;
  }
  if (routing.output && record.level >= routing.level) output_->write(record);
  if (hook) {
    inside_hook = true;
    (*hook)(record, clock_.wall_ns());
    inside_hook = false;
  }
}

void LogRouter::set_base(LogRouting routing) {
  std::lock_guard lock(mutex_);
  base_ = routing;
  update_gate();
}

void LogRouter::set_level(LogLevel level) {
  std::lock_guard lock(mutex_);
  base_.level = level;
  update_gate();
}

void LogRouter::set_event_hook(LogEventHook hook) {
  auto shared = hook ? std::make_shared<const LogEventHook>(std::move(hook)) : nullptr;
  std::lock_guard lock(mutex_);
  hook_.swap(shared);
  update_gate();
}

LogRouter::Redirection LogRouter::push(LogRouting routing) {
  Redirection redirection;
  redirection.router_ = weak_from_this();
  std::lock_guard lock(mutex_);
  redirection.id_ = next_id_++;
  pushed_.push_back({redirection.id_, routing});
  update_gate();
  return redirection;
}

void LogRouter::pop(uint64_t id) {
  std::lock_guard lock(mutex_);
  std::erase_if(pushed_, [id](const Pushed& pushed) { return pushed.id == id; });
  update_gate();
}

LogRouter::Redirection& LogRouter::Redirection::operator=(Redirection&& other) noexcept {
  if (this != &other) {
    restore();
    router_ = std::move(other.router_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

void LogRouter::Redirection::restore() {
  if (id_ == 0) return;
  if (const auto router = router_.lock()) router->pop(id_);
  id_ = 0;
}

}  // namespace trivium::cli
