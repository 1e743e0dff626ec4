#include "units/supervision/machine.h"

namespace trivium::units {

using State = ChildState;

std::string_view name_of(ChildState state) {
  static constexpr std::string_view names[] = {"waiting", "starting", "running", "stopping",
                                               "exited",  "failed",   "stopped"};
  return names[static_cast<size_t>(state)];
}

SupervisorMachine::SupervisorMachine(Strategy strategy, Intensity intensity, std::vector<ChildRules> children)
    : strategy_(strategy), intensity_(intensity) {
  for (ChildRules& rules : children) children_[next_key_++].rules = std::move(rules);
}

SupervisorMachine::Child* SupervisorMachine::find(Key key) {
  const auto at = children_.find(key);
  return at == children_.end() ? nullptr : &at->second;
}

std::optional<int64_t> SupervisorMachine::deadline_ns() const {
  if (kills_.empty()) return std::nullopt;
  return kills_.begin()->first;
}

// --- what happened --------------------------------------------------------------------------------------

void SupervisorMachine::start(int64_t now_ns) {
  now_ns_ = now_ns;
  if (phase_ != Phase::idle) return;
  phase_ = Phase::starting;
  current_ = Operation{Goal::all_up, {}, {}};
  for (const auto& [key, child] : children_) current_->starts.push_back(key);
  proceed();
}

void SupervisorMachine::stop(int64_t now_ns) {
  now_ns_ = now_ns;
  if (phase_ == Phase::ended || stop_asked_) return;
  stop_asked_ = true;
  if (phase_ == Phase::idle) {
    phase_ = Phase::ended;
    actions_.emplace_back(Stopped{});
    return;
  }
  if (phase_ != Phase::stopping) go_down(std::nullopt);
  proceed();
}

void SupervisorMachine::kill(int64_t now_ns) {
  stop(now_ns);
  if (phase_ == Phase::ended) return;
  for (auto& [key, child] : children_) {
    if (!child.live()) continue;
    if (child.state != State::stopping) begin_stop(key, child);
    if (child.kill_at_ns) kills_.erase({*std::exchange(child.kill_at_ns, std::nullopt), key});
    actions_.emplace_back(Kill{key});
  }
  proceed();
}

void SupervisorMachine::advance(int64_t now_ns) {
  now_ns_ = now_ns;
  while (!kills_.empty() && kills_.begin()->first <= now_ns) {
    const Key key = kills_.begin()->second;
    kills_.erase(kills_.begin());
    children_.at(key).kill_at_ns.reset();
    actions_.emplace_back(Kill{key});
  }
}

void SupervisorMachine::child_started(Key key, uint64_t run, int64_t now_ns) {
  now_ns_ = now_ns;
  Child* child = find(key);
  if (child == nullptr || child->run != run || child->state != State::starting) return;
  --coming_up_;
  child->state = State::running;
  proceed();
}

void SupervisorMachine::child_not_started(Key key, uint64_t run, Error error, int64_t now_ns) {
  now_ns_ = now_ns;
  Child* child = find(key);
  if (child == nullptr || child->run != run || !child->live()) return;
  const bool wanted = phase_ != Phase::stopping;
  child->last_error = error;
  put_down(key, *child, wanted ? State::failed : State::stopped);
  if (!wanted) return proceed();

  const Operation operation = *std::exchange(current_, std::nullopt);
  switch (operation.goal) {
    case Goal::all_up:
      start_failed_ = true;
      go_down(std::move(error));
      break;
    case Goal::add:
      forget(key);
      answer(operation.request, trivium::fail(std::move(error)));
      break;
    case Goal::bring_back:
      answer(operation.request, trivium::fail(std::move(error)));
      break;
    default:
      replace(key, *child);
  }
  proceed();
}

void SupervisorMachine::child_ended(Key key, uint64_t run, std::optional<Error> error, int64_t now_ns) {
  now_ns_ = now_ns;
  Child* child = find(key);
  if (child == nullptr || child->run != run || !child->live()) return;
  if (child->state == State::starting) {
    Error reason = error ? std::move(*error) : Error::unspecified(kind::internal, "ended while it started");
    return child_not_started(key, run, std::move(reason), now_ns);
  }
  const bool asked = child->state == State::stopping;
  child->last_error = std::move(error);
  const bool failed = child->last_error && child->last_error->kind != kind::canceled;
  put_down(key, *child, asked ? State::stopped : failed ? State::failed : State::exited);
  if (!asked && phase_ != Phase::stopping) pending_.emplace_back(Failure{key, run});
  proceed();
}

// --- requests -------------------------------------------------------------------------------------------

Error SupervisorMachine::refusal() const {
  const bool begun = phase_ == Phase::stopping || phase_ == Phase::ended;
  return Error::of(kind::unavailable, begun ? "supervisor is stopping" : "supervisor is not running");
}

SupervisorMachine::Key SupervisorMachine::add(Request request, ChildRules rules, int64_t now_ns) {
  now_ns_ = now_ns;
  const Key key = next_key_++;
  if (phase_ != Phase::starting && phase_ != Phase::running) {
    answer(request, trivium::fail(refusal()));
    return key;
  }
  ++dynamic_;
  rules.dynamic = true;
  children_[key].rules = std::move(rules);
  pending_.emplace_back(Operation{Goal::add, {}, {key}, key, request});
  proceed();
  return key;
}

void SupervisorMachine::terminate(Request request, Key key, int64_t now_ns) {
  now_ns_ = now_ns;
  if (phase_ != Phase::starting && phase_ != Phase::running) {
    return answer(request, trivium::fail(refusal()));
  }
  pending_.emplace_back(Operation{Goal::terminate, {key}, {}, key, request});
  proceed();
}

void SupervisorMachine::restart(Request request, Key key, int64_t now_ns) {
  now_ns_ = now_ns;
  if (phase_ != Phase::starting && phase_ != Phase::running) {
    return answer(request, trivium::fail(refusal()));
  }
  pending_.emplace_back(Operation{Goal::bring_back, {}, {key}, key, request});
  proceed();
}

void SupervisorMachine::answer(Request request, Result<Key> result) {
  actions_.emplace_back(Answer{request, std::move(result)});
}

// --- one thing after the other --------------------------------------------------------------------------

void SupervisorMachine::proceed() {
  while (coming_up_ == 0 && going_down_ == 0 && phase_ != Phase::ended) {
    if (!current_) {
      if (!take_pending()) break;
    } else if (!current_->stops.empty()) {
      stop_next();
    } else if (!current_->starts.empty()) {
      start_next();
    } else {
      finish();
    }
  }
  // A child that is being started may have to stop instead.
  if (current_ && current_->goal == Goal::all_down && coming_up_ > 0) stop_next();
}

bool SupervisorMachine::take_pending() {
  if (pending_.empty()) return false;
  Pending next = std::move(pending_.front());
  pending_.pop_front();
  if (const auto* failure = std::get_if<Failure>(&next)) {
    Child* child = find(failure->key);
    // Another failure, or a request, may have brought it back since.
    if (child != nullptr && child->run == failure->run && !child->live()) judge(failure->key, *child);
    return true;
  }
  auto& operation = std::get<Operation>(next);
  Child* child = find(operation.subject);
  if (child == nullptr) {
    answer(operation.request, trivium::fail(kind::not_found, "no such child"));
    return true;
  }
  if (operation.goal == Goal::bring_back && child->live()) {
    answer(operation.request,
           trivium::fail(kind::already_exists, "child " + child->rules.id + " is running"));
    return true;
  }
  current_ = std::move(operation);
  return true;
}

// Children started on request need not wait for each other.
void SupervisorMachine::stop_next() {
  std::deque<Key>& stops = current_->stops;
  while (!stops.empty()) {
    const Key key = stops.front();
    Child* child = find(key);
    const bool dynamic = child != nullptr && child->rules.dynamic;
    if (going_down_ > 0 && !dynamic) return;
    stops.pop_front();
    if (child == nullptr || !child->live()) continue;
    if (child->state != State::stopping) begin_stop(key, *child);
    if (!dynamic) return;
  }
}

void SupervisorMachine::start_next() {
  const Key key = current_->starts.front();
  current_->starts.pop_front();
  Child* child = find(key);
  if (child == nullptr || child->live()) return;
  if (child->run > 0) ++child->restarts;
  child->state = State::starting;
  ++coming_up_;
  actions_.emplace_back(Start{key, ++child->run});
}

void SupervisorMachine::finish() {
  const Operation operation = *std::exchange(current_, std::nullopt);
  switch (operation.goal) {
    case Goal::all_up:
      phase_ = Phase::running;
      actions_.emplace_back(Started{});
      break;
    case Goal::replace:
      break;
    case Goal::add:
    case Goal::bring_back:
      answer(operation.request, operation.subject);
      break;
    case Goal::terminate: {
      Child* child = find(operation.subject);
      if (child != nullptr) child->state = State::stopped;
      answer(operation.request, operation.subject);
      if (child != nullptr && child->rules.dynamic) forget(operation.subject);
      break;
    }
    case Goal::all_down:
      phase_ = Phase::ended;
      if (start_failed_) {
        actions_.emplace_back(StartFailed{std::move(*failure_)});
      } else if (failure_) {
        actions_.emplace_back(Failed{std::move(*failure_)});
      }
      if (stop_asked_) actions_.emplace_back(Stopped{});
      break;
  }
}

void SupervisorMachine::begin_stop(Key key, Child& child) {
  if (child.state == State::starting) --coming_up_;
  child.state = State::stopping;
  ++going_down_;
  if (child.rules.grace && *child.rules.grace <= Duration::zero()) {
    actions_.emplace_back(Kill{key});
    return;
  }
  actions_.emplace_back(Stop{key});
  if (!child.rules.grace) return;
  child.kill_at_ns = now_ns_ + child.rules.grace->count();
  kills_.emplace(*child.kill_at_ns, key);
}

void SupervisorMachine::put_down(Key key, Child& child, State state) {
  if (child.state == State::starting) --coming_up_;
  if (child.state == State::stopping) --going_down_;
  if (child.kill_at_ns) kills_.erase({*std::exchange(child.kill_at_ns, std::nullopt), key});
  child.state = state;
}

// --- restarts -------------------------------------------------------------------------------------------

void SupervisorMachine::judge(Key key, Child& child) {
  const bool failed = child.state == State::failed;
  if (!failed && child.state != State::exited) return;  // stopped on request since
  const RestartRule rule = child.rules.restart;
  if (rule == RestartRule::permanent || (rule == RestartRule::transient && failed)) {
    replace(key, child);
    return;
  }
  if (failed) actions_.emplace_back(Lost{key, *child.last_error});
  if (child.rules.dynamic) forget(key);
}

bool SupervisorMachine::too_often() {
  restarts_ns_.push_back(now_ns_);
  while (restarts_ns_.front() < now_ns_ - intensity_.period.count()) restarts_ns_.pop_front();
  return static_cast<int64_t>(restarts_ns_.size()) > intensity_.restarts;
}

void SupervisorMachine::replace(Key key, Child& child) {
  Error error = child.last_error ? *child.last_error : Error::unspecified(kind::unknown, "ended");
  if (too_often()) {
    const std::string count = std::to_string(intensity_.restarts);
    go_down(Error::unspecified(kind::internal,
                               "more than " + count + " restarts in " + format_duration(intensity_.period) +
                                   ", the last of child " + child.rules.id + ": " + error.message));
    return;
  }
  actions_.emplace_back(Restarting{key, std::move(error)});
  current_ = Operation{Goal::replace, {}, {key}};
  if (strategy_ == Strategy::one_for_one) return;
  const Key from = strategy_ == Strategy::one_for_all ? 1 : key;
  current_->stops = live_in_reverse(from - 1);
  current_->starts.clear();
  for (auto at = children_.lower_bound(from); at != children_.end(); ++at) {
    if (at->second.rules.restart != RestartRule::temporary) current_->starts.push_back(at->first);
  }
}

// --- the end --------------------------------------------------------------------------------------------

std::deque<SupervisorMachine::Key> SupervisorMachine::live_in_reverse(Key after) const {
  std::deque<Key> live;
  for (auto at = children_.upper_bound(after); at != children_.end(); ++at) {
    if (at->second.live()) live.push_front(at->first);
  }
  return live;
}

void SupervisorMachine::go_down(std::optional<Error> why) {
  phase_ = Phase::stopping;
  failure_ = std::move(why);
  refuse_pending();
  current_ = Operation{Goal::all_down, live_in_reverse(), {}};
}

void SupervisorMachine::refuse_pending() {
  if (current_) pending_.emplace_front(std::move(*std::exchange(current_, std::nullopt)));
  for (Pending& pending : std::exchange(pending_, {})) {
    const auto* operation = std::get_if<Operation>(&pending);
    if (operation != nullptr && operation->request != 0) answer(operation->request, trivium::fail(refusal()));
  }
}

void SupervisorMachine::forget(Key key) {
  const auto at = children_.find(key);
  if (at->second.rules.dynamic) --dynamic_;
  children_.erase(at);
  actions_.emplace_back(Forget{key});
}

}  // namespace trivium::units
