#include "core/zone.h"

#include <absl/time/time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace trivium {

struct Zone::Data {
  std::string name;
  bool is_fixed = false;
  int offset = 0;        // of a fixed zone
  absl::TimeZone rules;  // of any other
};

namespace {

// Rules are looked up within this many seconds of the epoch (over 30 billion years), so that adding an
// offset cannot overflow.
constexpr int64_t lookup_limit = int64_t{1} << 60;

absl::Time instant(int64_t unix_seconds) {
  return absl::FromUnixSeconds(std::clamp(unix_seconds, -lookup_limit, lookup_limit));
}

// The library remembers every name it was ever asked for, so only names of existing files reach it.
bool in_tzdata(std::string_view name) {
  if (name.front() == '/' || name.find("..") != std::string_view::npos) return false;
  if (name.find_first_of(":\\") != std::string_view::npos || name.find('\0') != std::string_view::npos)
    return false;
  const char* dir = std::getenv("TZDIR");
  std::error_code failed;
  const std::filesystem::path root = dir != nullptr && *dir != '\0' ? dir : "/usr/share/zoneinfo";
  return std::filesystem::is_regular_file(root / name, failed);
}

}  // namespace

Zone Zone::local() {
  static const Zone zone(std::make_shared<const Data>(Data{"Local", false, 0, absl::LocalTimeZone()}));
  return zone;
}

Zone Zone::fixed(std::string name, int offset_seconds) {
  return Zone(std::make_shared<const Data>(Data{std::move(name), true, offset_seconds, {}}));
}

Result<Zone> Zone::load(std::string_view name) {
  if (name.empty()) return fail(kind::invalid, "empty location name");
  if (name == "UTC") return utc();
  if (name == "Local") return local();
  absl::TimeZone rules;
  if (!in_tzdata(name) || !absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &rules)) {
    return fail(kind::not_found, "unknown time zone " + std::string(name));
  }
  return Zone(std::make_shared<const Data>(Data{std::string(name), false, 0, rules}));
}

std::string_view Zone::name() const { return data_ ? std::string_view(data_->name) : "UTC"; }

ZoneOffset Zone::at(int64_t unix_seconds) const {
  if (!data_) return {0, "UTC"};
  if (data_->is_fixed) return {data_->offset, data_->name};
  const absl::TimeZone::CivilInfo info = data_->rules.At(instant(unix_seconds));
  return {info.offset, info.zone_abbr};
}

int64_t Zone::to_unix(int64_t wall_seconds) const {
  if (!data_) return wall_seconds;
  if (data_->is_fixed) return wall_seconds - data_->offset;
  // The offset at the wall time read as UTC is right unless a change is near; the second look settles it.
  const int guess = data_->rules.At(instant(wall_seconds)).offset;
  return wall_seconds - data_->rules.At(instant(wall_seconds - guess)).offset;
}

std::optional<int> Zone::offset_named(std::string_view abbreviation, int64_t wall_seconds) const {
  const auto here = at(to_unix(wall_seconds));
  if (here.abbreviation == abbreviation) return here.seconds;
  if (!data_ || data_->is_fixed) return std::nullopt;
  // Not the obvious reading. Go through all periods up to the last one with rules of its own (later
  // ones repeat): one that holds at that wall time wins, else the first of that name.
  constexpr int64_t rules_repeat_after = 2145916800;  // 2038
  std::optional<int> found;
  absl::Time at_time = absl::InfinitePast();
  while (true) {
    const auto period = data_->rules.At(at_time == absl::InfinitePast() ? instant(-lookup_limit) : at_time);
    if (period.zone_abbr == abbreviation) {
      const ZoneOffset then = at(wall_seconds - period.offset);
      if (then.abbreviation == abbreviation) return then.seconds;
      if (!found) found = period.offset;
    }
    absl::TimeZone::CivilTransition change;
    if (!data_->rules.NextTransition(at_time, &change)) break;
    at_time = data_->rules.At(change.to).trans;
    if (absl::ToUnixSeconds(at_time) > rules_repeat_after) break;
  }
  return found;
}

}  // namespace trivium
