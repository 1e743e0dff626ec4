#include "units/supervision/supervisors.h"

#include "units/supervision/spec.h"

namespace trivium::units {

void Supervisors::declare(const SupervisorSpec& tree) {
  {
    const std::lock_guard lock(mutex_);
    supervisors_.try_emplace(tree.address);
  }
  for (const ChildSpec& child : tree.children) {
    if (child.supervisor) declare(*child.supervisor);
  }
}

void Supervisors::forget(const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::erase_if(supervisors_, [&](const auto& known) {
    return known.first == address || known.first.starts_with(address + "/");
  });
}

void Supervisors::enter(const std::string& address, const std::shared_ptr<LiveSupervisor>& supervisor) {
  const std::lock_guard lock(mutex_);
  supervisors_[address] = supervisor;
}

void Supervisors::leave(const std::string& address, const LiveSupervisor& supervisor) {
  const std::lock_guard lock(mutex_);
  const auto at = supervisors_.find(address);
  if (at != supervisors_.end() && at->second.lock().get() == &supervisor) at->second.reset();
}

Result<std::shared_ptr<LiveSupervisor>> Supervisors::find(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto at = supervisors_.find(address);
  if (at == supervisors_.end()) return fail(kind::not_found, "there is no supervisor " + address);
  if (auto supervisor = at->second.lock()) return supervisor;
  return fail(Error::unspecified(kind::unavailable, "supervisor " + address + " is not running"));
}

std::vector<std::shared_ptr<LiveSupervisor>> Supervisors::all() const {
  std::vector<std::shared_ptr<LiveSupervisor>> running;
  const std::lock_guard lock(mutex_);
  for (const auto& [address, weak] : supervisors_) {
    if (auto supervisor = weak.lock()) running.push_back(std::move(supervisor));
  }
  return running;
}

}  // namespace trivium::units
