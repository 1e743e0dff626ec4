#include "units/function_pool.h"

#include <algorithm>

#include "units/process.h"

namespace trivium::units {

FunctionPool::FunctionPool(std::string id, lua::ProgramRef program, app::PoolOptions options,
                           Value call_options)
    : id_(std::move(id)),
      host_(id_ + "#lua.1"),
      program_(std::move(program)),
      most_(options.type == app::PoolOptions::Type::in_caller
                ? 1
                : static_cast<size_t>(std::max<int64_t>(options.workers, 1))),
      call_options_(std::move(call_options)) {}

FunctionPool::~FunctionPool() = default;

void FunctionPool::run(const sched::Ref<Process>& call) {
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    waits = active_ == most_;
    if (waits) {
      waiting_.push_back(call);
    } else {
      ++active_;
      if (!idle_.empty()) {
        call->lend(std::move(idle_.back()));
        idle_.pop_back();
      }
    }
  }
  if (waits) {
    call->wait_for_worker();
  } else {
    call->launch();
  }
}

void FunctionPool::give_back(std::unique_ptr<lua::Isolate> isolate) {
  if (isolate) isolate->reset();
  sched::Ref<Process> next;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      --active_;
      if (isolate) idle_.push_back(std::move(isolate));
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
    if (isolate) next->lend(std::move(isolate));
  }
  next->launch();
}

bool FunctionPool::withdraw(const Process& call) {
  sched::Ref<Process> withdrawn;
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(waiting_.begin(), waiting_.end(),
                               [&](const auto& waiting) { return waiting.get() == &call; });
  if (at == waiting_.end()) return false;
  withdrawn = std::move(*at);
  waiting_.erase(at);
  return true;
}

FunctionPool::Figures FunctionPool::figures() const {
  const std::lock_guard lock(mutex_);
  return {active_, idle_.size(), waiting_.size()};
}

}  // namespace trivium::units
