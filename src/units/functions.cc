#include "units/functions.h"

#include "sched/timers.h"
#include "units/node.h"

namespace trivium::units {

void Functions::add(std::shared_ptr<FunctionPool> pool) {
  const std::lock_guard lock(mutex_);
  pools_[pool->id()] = std::move(pool);
}

std::shared_ptr<FunctionPool> Functions::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = pools_.find(id);
  return at == pools_.end() ? nullptr : at->second;
}

Result<sched::Ref<Process>> Functions::call(CallRequest request) {
  std::shared_ptr<FunctionPool> pool = find(request.target);
  if (!pool) {
    Error error = Error::of(kind::not_found, "no handler registered for target " + request.target);
    error.details = Object{{"target", request.target}};
    return fail(std::move(error));
  }
  ProcessSpec spec;
  spec.entry_id = pool->id();
  spec.host = pool->host();
  spec.program = pool->program();
  spec.arguments = std::move(request.arguments);
  spec.frame = std::move(request.frame);
  spec.parent_scope = request.scope;
  spec.pool = pool;
  spec.on_exit = [report = std::move(request.on_exit)](Process&, Exit& exit) {
    if (report) report(exit);
  };
  const sched::Ref<Process> call = sched::make_ref<Process>(node_, std::move(spec));
  if (request.scope && !request.scope->adopt(call->serial(), call)) return fail(canceled_error());
  if (request.timeout) {
    call->limit_time(*request.timeout);
  }
  call->publish();
  pool->run(call);
  return call;
}

}  // namespace trivium::units
