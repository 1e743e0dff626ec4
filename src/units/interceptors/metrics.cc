#include "units/interceptors/metrics.h"

#include "units/node.h"

namespace trivium::units {
namespace {

class Metrics final : public Interceptor {
 public:
  explicit Metrics(Node& node) : node_(node) {}

  // Processes called like functions are not counted: they have no pool, and are seen as processes.
  bool concerns(const CallRequest& request) const override { return request.pool != nullptr; }

  // The end is told by the call itself (Process::complete): nothing to keep for it here.
  Result<sched::Ref<Process>> call(CallRequest& request, const NextCall& next) const override {
    CallMetrics& metrics = request.pool->metrics();  // pools outlive their calls
    const int64_t begun_ns = request.timed_from_ns = metrics.begin(node_.clock());
    Result<sched::Ref<Process>> started = next(request);
    if (!started) metrics.end(true, begun_ns, node_.clock());
    return started;
  }

 private:
  Node& node_;
};

}  // namespace

std::unique_ptr<const Interceptor> metrics_interceptor(Node& node) { return std::make_unique<Metrics>(node); }

}  // namespace trivium::units
