// Cron schedules of workflows: five fields (minute hour day month weekday) with *, lists, ranges, steps
// and names, @every <duration>, @hourly, @daily, @weekly, @monthly, @yearly. In UTC.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/error.h"

namespace trivium::units::workflows {

// The first time after `after_ns` that fits, in nanoseconds since the epoch. Invalid: no schedule, or one
// that never comes.
Result<int64_t> next_cron_ns(std::string_view text, int64_t after_ns);

}  // namespace trivium::units::workflows
