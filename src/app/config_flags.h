// Values given on the command line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/override.h"

namespace trivium::app {

struct SetFlag {
  std::string section;
  std::string key;
  Value value;
};

// "section.path=value". Invalid: invalid --set "…": what is missing.
Result<SetFlag> parse_set(std::string_view text);

// A CSV list of "ns:entry:field=value". Invalid: invalid override: … .
Result<std::vector<Override>> parse_overrides(std::string_view text);

// The fields of one CSV record; a quoted field may hold commas and doubled quotes.
Result<std::vector<std::string>> split_csv(std::string_view text);

}  // namespace trivium::app
