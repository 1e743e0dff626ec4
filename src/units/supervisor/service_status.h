// What is known about a service at one moment.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/entry_id.h"
#include "core/error.h"

namespace trivium::units {

enum class ServiceState {
  unknown,  // registered, never started
  starting,
  running,
  stopping,
  stopped,
  failed,  // may be tried again
  exited,  // finished, or failed for good
};
enum class DesiredState { unknown, running, stopped };

std::string_view name_of(ServiceState state);
std::string_view name_of(DesiredState state);

struct ServiceStatus {
  EntryId id;
  ServiceState state = ServiceState::unknown;
  DesiredState desired = DesiredState::unknown;
  int64_t retry_count = 0;
  std::variant<std::monostate, std::string, Error> details;
  int64_t last_update_ns = 0;  // Unix time
  int64_t started_at_ns = 0;   // Unix time of the latest transition into running; 0: never
};

// The latest status of every service. Thread-safe.
class StatusBoard {
 public:
  // False if it is there already.
  bool add(const ServiceStatus& status);
  void set(const ServiceStatus& status);
  void remove(const EntryId& id);

  std::optional<ServiceStatus> find(const EntryId& id) const;
  std::vector<ServiceStatus> all() const;  // by id

 private:
  mutable std::mutex mutex_;
  std::map<EntryId, ServiceStatus> statuses_;
};

}  // namespace trivium::units
