// Overrides: values set from outside at one field of one entry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/entry.h"

namespace trivium::app {

struct Override {
  EntryId id;
  std::string path;  // "kind", "meta.a.b", "data.a.b" or "a.b"
  Value value;
  Place place;  // where it was written
};

// "namespace:entry:path", split at the first two colons; Invalid when a part is missing.
Result<Override> parse_override_key(std::string_view key);

// Sets the field; its place becomes `override.place`. Invalid for a path or value that cannot be.
Result<> apply_override(Entry& entry, const Override& override);

// Sets the value at a path like "meta.a.b", making maps on the way; "x+=" appends to the list x.
// Invalid when the path is empty, the whole of data or meta, or += meets something else.
Result<> set_at(Entry& entry, std::string_view path, const Value& value);

}  // namespace trivium::app
