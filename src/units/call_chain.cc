#include "units/call_chain.h"

#include "units/functions.h"

namespace trivium::units {

Result<sched::Ref<Process>> NextCall::operator()(CallRequest& request) const {
  for (size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i]->concerns(request))
      return rest_[i]->call(request, NextCall(*functions_, rest_.subspan(i + 1)));
  }
  return functions_->start(request);
}

}  // namespace trivium::units
