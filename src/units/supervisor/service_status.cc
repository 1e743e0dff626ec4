#include "units/supervisor/service_status.h"

namespace trivium::units {

std::string_view name_of(ServiceState state) {
  switch (state) {
    case ServiceState::unknown:
      return "unknown";
    case ServiceState::starting:
      return "starting";
    case ServiceState::running:
      return "running";
    case ServiceState::stopping:
      return "stopping";
    case ServiceState::stopped:
      return "stopped";
    case ServiceState::failed:
      return "failed";
    case ServiceState::exited:
      return "exited";
  }
  return "unknown";
}

std::string_view name_of(DesiredState state) {
  switch (state) {
    case DesiredState::unknown:
      return "unknown";
    case DesiredState::running:
      return "running";
    case DesiredState::stopped:
      return "stopped";
  }
  return "unknown";
}

bool StatusBoard::add(const ServiceStatus& status) {
  const std::lock_guard lock(mutex_);
  return statuses_.emplace(status.id, status).second;
}

void StatusBoard::set(const ServiceStatus& status) {
  const std::lock_guard lock(mutex_);
  statuses_[status.id] = status;
}

void StatusBoard::remove(const EntryId& id) {
  const std::lock_guard lock(mutex_);
  statuses_.erase(id);
}

std::optional<ServiceStatus> StatusBoard::find(const EntryId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = statuses_.find(id);
  if (found == statuses_.end()) return std::nullopt;
  return found->second;
}

std::vector<ServiceStatus> StatusBoard::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServiceStatus> all;
  all.reserve(statuses_.size());
  for (const auto& [id, status] : statuses_) all.push_back(status);
  return all;
}

}  // namespace trivium::units
