// How long a service that failed waits for its next attempt.
#pragma once

#include <cstdint>

#include "app/lifecycle.h"
#include "core/clock.h"
#include "core/duration.h"

namespace trivium::units {

// Before the n-th retry in a row, n >= 1. The first wait is not capped by max_delay. A policy without jitter
// draws no random number.
Duration restart_delay(const app::RestartPolicy& policy, int64_t n, Random& random);

}  // namespace trivium::units
