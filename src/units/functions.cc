#include "units/functions.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "units/interceptors/metrics.h"
#include "units/interceptors/retry.h"
#include "units/network_option.h"
#include "units/node.h"
#include "units/process_call.h"

namespace trivium::units {
namespace {

std::vector<std::unique_ptr<const Interceptor>> chain(Node& node) {
  std::vector<std::unique_ptr<const Interceptor>> interceptors;
  interceptors.push_back(retry_interceptor(node));
  interceptors.push_back(metrics_interceptor(node));
  return interceptors;
}

// Milliseconds, as everywhere in call options.
std::optional<Duration> time_limit(const Value* option) {
  if (option == nullptr) return std::nullopt;
  if (option->is_string()) return parse_duration(option->as_string());
  if (!option->is_number() || !(option->number() > 0) || option->number() > 9e12) return std::nullopt;
  return Duration(static_cast<int64_t>(option->number() * 1e6));
}

// The options of one call; those of most calls are those of the entry, and most of these are none.
std::shared_ptr<const Object> options_of(const CallRequest& request, const Object& given) {
  std::shared_ptr<const Object> defaults = request.pool ? request.pool->call_options() : nullptr;
  if (request.process != nullptr && request.process->options.is_object())
    defaults = std::make_shared<const Object>(request.process->options.as_object());
  if (given.empty()) return defaults;
  auto all = std::make_shared<Object>(defaults ? *defaults : Object());
  for (const auto& [key, value] : given) all->set(key, value);
  return all;
}

}  // namespace

void CallRequest::detach() {
  at_once = nullptr;
  if (on_exit || caller == nullptr) return;
  on_exit = [waiter = sched::Ref<Process>(caller), op = op](Exit& exit) {
    waiter->post_reply(op, {std::move(exit.error), std::move(exit.values)});
  };
}

Functions::Functions(Node& node) : node_(node), interceptors_(chain(node)) {}

void Functions::add(std::shared_ptr<FunctionPool> pool) {
  pool->keep_size(node_.timers());
  std::shared_ptr<FunctionPool> replaced;  // goes without the lock
  const std::string id = pool->id();
  const std::lock_guard lock(lock_);
  replaced = std::exchange(pools_[id], std::move(pool));
}

void Functions::remove(const std::string& id) {
  std::shared_ptr<FunctionPool> removed;
  const std::lock_guard lock(lock_);
  const auto at = pools_.find(id);
  if (at == pools_.end()) return;
  removed = std::move(at->second);
  pools_.erase(at);
}

std::shared_ptr<FunctionPool> Functions::find(const std::string& id) const {
  const std::lock_guard lock(lock_);
  const auto at = pools_.find(id);
  return at == pools_.end() ? nullptr : at->second;
}

void Functions::find_target(CallRequest& request) const {
  request.pool = find(request.target);
  if (request.pool) return;
  LuaEntryRef entry = node_.programs().entry(request.target);
  if (entry != nullptr && entry->default_host) request.process = std::move(entry);
}

Result<sched::Ref<Process>> Functions::call(CallRequest&& request) {
  find_target(request);
  return pass(request);
}

Result<sched::Ref<Process>> Functions::call(CallRequest&& request, const Object& options) {
  find_target(request);
  request.options = options_of(request, options);
  if (request.options) {
    if (Result<> found = find_network(request.option("network")); !found)
      return fail(std::move(found.error()));
    request.timeout = time_limit(request.option("timeout"));
  }
  return pass(request);
}

Result<sched::Ref<Process>> Functions::pass(CallRequest& request) {
  return NextCall(*this, interceptors_)(request);
}

Result<sched::Ref<Process>> Functions::start(CallRequest& request) {
  if (request.pool) return start_function(request);
  if (request.process != nullptr) {
    request.detach();
    const LuaEntryRef entry = request.process;
    return call_process(node_, *entry, std::move(request));
  }
  Error error = Error::of(kind::not_found, "no handler registered for target " + request.target);
  error.details = Object{{"target", request.target}};
  return fail(std::move(error));
}

Result<sched::Ref<Process>> Functions::start_function(CallRequest& request) {
  FunctionPool& pool = *request.pool;
  ProcessSpec spec;
  spec.program = pool.program();
  spec.arguments = std::move(request.arguments);
  spec.frame = std::move(request.frame);
  spec.parent_scope = request.scope;
  spec.pool = std::move(request.pool);
  spec.timed_from_ns = request.timed_from_ns;
  spec.activity = std::move(request.activity);
  spec.waiter = request.caller;
  spec.op = request.op;
  if (request.on_exit) {
    spec.on_exit = [report = std::move(request.on_exit)](Process&, Exit& exit) { report(exit); };
  }
  // With a time limit others know the call before it runs.
  if (!request.timeout) spec.at_once = request.at_once;
  sched::Ref<Process> call = sched::make_ref<Process>(node_, std::move(spec));
  if (!request.timeout && request.at_once != nullptr && node_.scheduler().run_inside(*call)) {
    if (request.at_once->has_value()) call.reset();
    return call;
  }
  call->detach();
  if (request.scope && !request.scope->adopt(call->serial(), call)) return fail(canceled_error());
  if (request.timeout)
    call->limit_time(*request.timeout, too_long(request.target, request.limit.value_or(*request.timeout)));
  call->publish();
  pool.run(call);
  return call;
}

std::vector<std::shared_ptr<FunctionPool>> Functions::pools() const {
  std::vector<std::shared_ptr<FunctionPool>> all;
  const std::lock_guard lock(lock_);
  all.reserve(pools_.size());
  for (const auto& [id, pool] : pools_) all.push_back(pool);
  return all;
}

void Functions::drop_idle_workers() {
  for (const auto& pool : pools()) pool->drop_idle();
}

std::vector<FunctionFigures> Functions::figures() const {
  std::vector<FunctionFigures> all;
  for (const auto& pool : pools()) all.push_back({pool->id(), pool->figures(), pool->metrics().figures()});
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace trivium::units
