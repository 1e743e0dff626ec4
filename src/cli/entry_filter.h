// Which entries `registry list` shows.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/entry.h"
#include "core/error.h"

namespace trivium::cli {

// The first * of `glob` matches any characters; without one the text must be equal.
bool matches_glob(std::string_view glob, std::string_view text);

using EntryFilter = std::function<bool(const app::Entry&)>;

// One --meta condition: field~regex, field*part, field^prefix, field$suffix or field=value. The first
// of these operators that occurs anywhere counts, in this order. `field` may be a path: command.name.
Result<EntryFilter> meta_condition(const std::string& text);

}  // namespace trivium::cli
