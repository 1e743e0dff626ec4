// Time zones: UTC, the machine's own, IANA names from the system's tzdata, and fixed offsets. A Zone
// is a cheap handle to immutable data, safe to copy and use from any thread. Nothing is read from
// disk before a zone's first use.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

// What a zone's clocks show at some instant.
struct ZoneOffset {
  int seconds = 0;           // east of UTC
  std::string abbreviation;  // "CET"; empty for an unnamed fixed offset
};

class Zone {
 public:
  Zone() = default;  // UTC

  static Zone utc() { return Zone(); }
  // The zone of TZ or /etc/localtime, as it was when first asked for.
  static Zone local();
  // `name` may be empty; it is both the zone's name and its abbreviation.
  static Zone fixed(std::string name, int offset_seconds);
  // "UTC", "Local" or an IANA name. An empty name is Invalid, an unknown one NotFound.
  static Result<Zone> load(std::string_view name);

  // "UTC", "Local", the IANA name or the fixed zone's name.
  std::string_view name() const;

  ZoneOffset at(int64_t unix_seconds) const;

  // The instant at which clocks here show `wall_seconds` (a date and time counted as if in UTC). In the
  // hour that a change of offset skips or repeats it is right by one of the two offsets.
  int64_t to_unix(int64_t wall_seconds) const;

  // Offset of the period with that abbreviation, preferring one in force when clocks here show
  // `wall_seconds`. Nothing when this zone never used the abbreviation.
  std::optional<int> offset_named(std::string_view abbreviation, int64_t wall_seconds) const;

 private:
  struct Data;
  explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  std::shared_ptr<const Data> data_;  // null: UTC
};

}  // namespace trivium
