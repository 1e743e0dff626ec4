// Duration strings: one or more <decimal><unit> groups with units ns us µs ms s m h, an optional
// sign, or a bare "0".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace trivium {

using Duration = std::chrono::nanoseconds;

// Nothing when `text` is not a duration or does not fit 64 bits of nanoseconds.
std::optional<Duration> parse_duration(std::string_view text);

// "1h30m0s", "1.5s", "500ms", "0s": largest units h/m/s with every lower one; below a second a
// single unit with decimals.
std::string format_duration(Duration duration);

}  // namespace trivium
