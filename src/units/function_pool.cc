#include "units/function_pool.h"

#include <algorithm>

#include "units/process.h"

namespace trivium::units {
namespace {

using Type = app::PoolOptions::Type;

// Idle workers of a lazy pool go after two intervals in a row without a call.
constexpr Duration trim_interval = std::chrono::seconds(15);
constexpr int trim_after = 2;

size_t first_size(const app::PoolOptions& options) {
  if (options.type == Type::in_caller || options.type == Type::adaptive) return 1;
  return static_cast<size_t>(std::max<int64_t>(options.workers, 1));
}

}  // namespace

FunctionPool::FunctionPool(std::string id, lua::ProgramRef program, app::PoolOptions options,
                           const Value& call_options, uint64_t generation)
    : id_(std::move(id)),
      generation_(generation),
      host_(id_ + "#lua." + std::to_string(generation)),
      program_(std::move(program)),
      type_(options.type),
      call_options_(call_options.is_object() && !call_options.as_object().empty()
                        ? std::make_shared<const Object>(call_options.as_object())
                        : nullptr),
      most_(first_size(options)) {
  if (type_ == Type::adaptive) adaptive_.emplace(static_cast<size_t>(std::max<int64_t>(options.workers, 1)));
}

FunctionPool::~FunctionPool() = default;

void FunctionPool::make_workers(const lua::IsolateOptions& options) {
  if (type_ != Type::static_size) return;
  const std::lock_guard lock(mutex_);
  idle_.reserve(most_);
  while (idle_.size() < most_) {
    auto isolate = lua::Isolate::create_idle(program_, options);
    if (!isolate) return;
    idle_.push_back(std::move(*isolate));
  }
}

// Counts the call as active and gives it an idle worker, if there is one. With the lock held.
void FunctionPool::begin(Process& call) {
  ++active_;
  peak_ = std::max(peak_, active_);
  if (idle_.empty()) return;
  call.lend(std::move(idle_.back()));
  idle_.pop_back();
}

bool FunctionPool::begin_now(Process& call) {
  bool watch = false;
  {
    const std::lock_guard lock(mutex_);
    if (active_ >= most_) return false;
    begin(call);
    watch = type_ == Type::lazy && !std::exchange(watched_, true);
  }
  if (watch) this->watch();
  return true;
}

void FunctionPool::run(const sched::Ref<Process>& call) {
  bool waits = false;
  bool watch = false;
  {
    const std::lock_guard lock(mutex_);
    waits = active_ >= most_;
    if (waits) {
      waiting_.push_back(call);
    } else {
      begin(*call);
    }
    if (!watched_) watch = watched_ = type_ == Type::lazy || (type_ == Type::adaptive && waits);
  }
  if (watch) this->watch();
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

// --- size -------------------------------------------------------------------------------------------

void FunctionPool::watch() {
  if (timers_ == nullptr) return;
  timers_->after(type_ == Type::adaptive ? AdaptiveSize::interval : trim_interval, [weak = weak_from_this()] {
    if (const std::shared_ptr<FunctionPool> pool = weak.lock()) pool->evaluate();
  });
}

void FunctionPool::evaluate() {
  Isolates gone;  // destroyed outside the lock
  std::vector<sched::Ref<Process>> served;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    more = adaptive_ ? adapt(gone, served) : trim(gone);
    watched_ = more;
    peak_ = active_;
  }
  for (const sched::Ref<Process>& call : served) call->launch();
  if (more) watch();
}

// Both with the lock held; false when there is nothing to evaluate until the next call.
bool FunctionPool::trim(Isolates& gone) {
  unused_ = peak_ == 0 ? unused_ + 1 : 0;
  if (unused_ < trim_after) return true;
  unused_ = 0;
  gone.swap(idle_);
  return false;
}

void FunctionPool::drop_idle() {
  if (type_ != Type::lazy) return;
  Isolates gone;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  gone.swap(idle_);
}

bool FunctionPool::adapt(Isolates& gone, std::vector<sched::Ref<Process>>& served) {
  adaptive_->evaluate(active_, peak_, waiting_.size());
  most_ = adaptive_->workers();
  while (!waiting_.empty() && active_ < most_) {
    begin(*waiting_.front());
    served.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  // The least recently used go.
  while (!idle_.empty() && active_ + idle_.size() > most_) {
    gone.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
  }
  return !adaptive_->at_rest(active_, waiting_.size());
}

FunctionPool::Figures FunctionPool::figures() const {
  const std::lock_guard lock(mutex_);
  return {active_, idle_.size(), waiting_.size(), most_};
}

}  // namespace trivium::units
