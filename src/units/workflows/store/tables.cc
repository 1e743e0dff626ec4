#include "units/workflows/store/tables.h"

namespace trivium::units::workflows {

std::vector<RunRow> Tables::find_runs(const std::vector<std::string>& run_ids) {
  std::vector<RunRow> found;
  found.reserve(run_ids.size());
  for (const std::string& id : run_ids) {
    if (std::optional<RunRow> row = run(id)) found.push_back(std::move(*row));
  }
  return found;
}

std::vector<PendingRows> Tables::pending_of(const std::vector<std::string>& run_ids) {
  std::vector<PendingRows> found;
  found.reserve(run_ids.size());
  for (const std::string& id : run_ids) found.push_back({inbound(id), activities(id), timers(id)});
  return found;
}

}  // namespace trivium::units::workflows
