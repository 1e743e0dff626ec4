// Times as text, formatted and parsed by example layouts.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/time_point.h"

namespace trivium {

std::string format_time(const TimePoint& time, std::string_view layout);

// Text without a zone is read in `zone`, which is also the zone of the result where the text's own zone
// agrees with it. Fails with kind Invalid; the message quotes the value and what could not be read.
Result<TimePoint> parse_time(std::string_view layout, std::string_view text, const Zone& zone);

// Layouts with a name.
namespace layout {
inline constexpr std::string_view rfc3339 = "2006-01-02T15:04:05Z07:00";
inline constexpr std::string_view rfc3339_nano = "2006-01-02T15:04:05.999999999Z07:00";
inline constexpr std::string_view rfc822 = "02 Jan 06 15:04 MST";
inline constexpr std::string_view rfc822z = "02 Jan 06 15:04 -0700";
inline constexpr std::string_view rfc850 = "Monday, 02-Jan-06 15:04:05 MST";
inline constexpr std::string_view rfc1123 = "Mon, 02 Jan 2006 15:04:05 MST";
inline constexpr std::string_view rfc1123z = "Mon, 02 Jan 2006 15:04:05 -0700";
inline constexpr std::string_view kitchen = "3:04PM";
inline constexpr std::string_view stamp = "Jan _2 15:04:05";
inline constexpr std::string_view stamp_milli = "Jan _2 15:04:05.000";
inline constexpr std::string_view stamp_micro = "Jan _2 15:04:05.000000";
inline constexpr std::string_view stamp_nano = "Jan _2 15:04:05.000000000";
inline constexpr std::string_view date_time = "2006-01-02 15:04:05";
inline constexpr std::string_view date_only = "2006-01-02";
inline constexpr std::string_view time_only = "15:04:05";
}  // namespace layout

}  // namespace trivium
