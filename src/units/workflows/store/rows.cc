#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

std::string_view status_name(RunStatus status) {
  static constexpr std::string_view names[] = {"Running",    "Completed",      "Failed",  "Canceled",
                                               "Terminated", "ContinuedAsNew", "TimedOut"};
  return names[static_cast<size_t>(status)];
}

}  // namespace trivium::units::workflows
