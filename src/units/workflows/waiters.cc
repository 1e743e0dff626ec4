#include "units/workflows/waiters.h"

#include <utility>

namespace trivium::units::workflows {

void UpdateWaiters::add(const std::string& update_id, Answered answered) {
  const std::lock_guard lock(mutex_);
  waiters_[update_id] = {std::move(answered), {}, 0};
}

void UpdateWaiters::attach(const std::string& update_id, const std::string& run_id, int64_t slot) {
  const std::lock_guard lock(mutex_);
  const auto at = waiters_.find(update_id);
  if (at == waiters_.end()) return;
  at->second.run_id = run_id;
  at->second.slot = slot;
}

void UpdateWaiters::remove(const std::string& update_id) {
  Answered forgotten;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  const auto at = waiters_.find(update_id);
  if (at == waiters_.end()) return;
  forgotten = std::move(at->second.answered);
  waiters_.erase(at);
}

void UpdateWaiters::tell(const std::string& update_id, lua::Reply reply) {
  Answered answered;
  {
    const std::lock_guard lock(mutex_);
    const auto at = waiters_.find(update_id);
    if (at == waiters_.end()) return;
    answered = std::move(at->second.answered);
    waiters_.erase(at);
  }
  answered(std::move(reply));
}

void UpdateWaiters::tell_run(const std::string& run_id, const Error& error) {
  std::vector<std::string> told;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, waiter] : waiters_) {
      if (waiter.run_id == run_id && waiter.slot == 0) told.push_back(id);
    }
  }
  for (const std::string& id : told) tell(id, lua::Reply::failure(error));
}

void UpdateWaiters::tell_all(const Error& error) {
  std::vector<std::string> told;
  {
    const std::lock_guard lock(mutex_);
    told.reserve(waiters_.size());
    for (const auto& [id, waiter] : waiters_) told.push_back(id);
  }
  for (const std::string& id : told) tell(id, lua::Reply::failure(error));
}

std::vector<UpdateWaiters::Slot> UpdateWaiters::slots() const {
  const std::lock_guard lock(mutex_);
  std::vector<Slot> slots;
  for (const auto& [id, waiter] : waiters_) {
    if (waiter.slot != 0) slots.push_back({id, waiter.run_id, waiter.slot});
  }
  return slots;
}

}  // namespace trivium::units::workflows
