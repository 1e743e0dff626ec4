// The `lifecycle` block of supervised entries.
#pragma once

#include <string>
#include <vector>

#include "app/fields.h"
#include "core/duration.h"

namespace trivium::app {

struct RestartPolicy {
  Duration initial_delay = std::chrono::seconds(1);
  Duration max_delay = std::chrono::seconds(90);
  double backoff_factor = 2.0;  // negative acts as 1
  double jitter = 0.1;          // fraction of the delay; negative means none
  int64_t max_attempts = 0;     // start attempts including the first; 0 = unlimited
};

// The identity of everything a service runs.
struct ServiceSecurity {
  bool present = false;
  std::string actor_id;
  Value actor_meta;  // an object, or nil
  std::vector<EntryId> groups;
  std::vector<EntryId> policies;
};

struct Lifecycle {
  bool auto_start = false;
  Duration start_timeout = std::chrono::seconds(10);
  Duration stop_timeout = std::chrono::seconds(10);
  Duration stable_threshold = std::chrono::seconds(5);
  std::vector<EntryId> requires_ids;  // `requires`, then `depends_on`, each once
  bool optional = false;              // startup: optional
  RestartPolicy restart;
  ServiceSecurity security;
};

// Absent and zero values mean the defaults. Call it for supervised kinds only: others may carry a
// block that means nothing.
Lifecycle read_lifecycle(Fields& fields);

}  // namespace trivium::app
