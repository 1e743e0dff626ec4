// Patterns over dotted names, as `disable` and module manifests use them.
#pragma once

#include <string>
#include <string_view>

#include "core/entry_id.h"
#include "core/error.h"

namespace trivium::app {

// Segment by segment between dots: a literal, * (exactly one segment), ** (zero or more),
// (a|b) (alternatives). There are no wildcards inside a segment.
bool matches_pattern(std::string_view pattern, std::string_view subject);

// "nsPattern:namePattern".
struct EntryPattern {
  std::string ns;
  std::string name;

  // Invalid when there is no colon or one side is empty.
  static Result<EntryPattern> parse(std::string_view text);
  bool matches(const EntryId& id) const {
    return matches_pattern(ns, id.ns) && matches_pattern(name, id.name);
  }
};

}  // namespace trivium::app
