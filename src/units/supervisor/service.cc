#include "units/supervisor/service.h"

namespace trivium::units {

Error service_exited() { return Error::of(service_exited_kind, "service exited"); }
Error service_terminated() { return Error::of(service_terminated_kind, "service terminated"); }

bool terminal(const Error& error) {
  return error.retryable == false || error.kind == kind::canceled || error.kind == service_exited_kind ||
         error.kind == service_terminated_kind;
}

}  // namespace trivium::units
