#include "units/call_scope.h"

#include "units/process.h"

namespace trivium::units {

namespace {

constexpr std::string_view caller_gone = "caller context canceled";

}  // namespace

Error canceled_error() { return Error::of(kind::canceled, "context canceled"); }

bool CallScope::adopt(uint64_t serial, sched::Ref<Process> call) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  calls_.emplace(serial, std::move(call));
  return true;
}

void CallScope::release(uint64_t serial) {
  sched::Ref<Process> released;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  if (const auto at = calls_.find(serial); at != calls_.end()) {
    released = std::move(at->second);
    calls_.erase(at);
  } else if (parent_) {
    parent_->release(serial);
  }
}

bool CallScope::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

CallScope::Calls CallScope::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  return std::exchange(calls_, {});
}

void CallScope::cancel() {
  for (const auto& [serial, call] : end()) call->cancel_call(caller_gone);
}

void CallScope::hand_up() {
  for (auto& [serial, call] : end()) {
    bool adopted = false;
    for (CallScope* above = parent_.get(); above != nullptr && !adopted; above = above->parent_.get()) {
      adopted = above->adopt(serial, call);
      // It may have ended on the way, when no scope held it.
      if (adopted && call->ended()) above->release(serial);
    }
    if (!adopted) call->cancel_call(caller_gone);
  }
}

}  // namespace trivium::units
