// Entries: what an application is made of.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/problem.h"
#include "core/entry_id.h"
#include "core/value.h"

namespace trivium::app {

// Where an entry and each of its fields were written. Fields are named as the entry shows them:
// "lifecycle.restart.max_attempts", "modules[1]", "meta.command.name", "kind". Immutable once
// shared; the mutators are for those who build entries.
class Origin {
 public:
  explicit Origin(Place entry) : entry_(std::move(entry)) {}

  // The place of `field`, or of the nearest thing around it that has one (at last the entry).
  Place place(std::string_view field = {}) const;
  // The file a file:// value was read from; nothing for values written in place.
  std::optional<std::string> included_from(std::string_view field) const;
  const std::string& file() const { return entry_.file; }

  void mark(std::string_view field, int line, int column);
  void include(std::string_view field, std::string path);
  // `field` and all below it come from somewhere else now (an override).
  void replace(std::string_view field, Place place);

 private:
  struct Position {
    int line;
    int column;
  };
  Place entry_;
  std::map<std::string, Position, std::less<>> fields_;
  std::map<std::string, std::string, std::less<>> included_;
  std::map<std::string, Place, std::less<>> replaced_;
};

// A registry record. Plain data; shared between threads only as const.
struct Entry {
  EntryId id;
  std::string kind;
  Value meta;                            // always an object
  Value data;                            // an object, unless the entry's `data` key said otherwise
  std::shared_ptr<const Origin> origin;  // null for entries that no file describes

  // The value at a dotted path: "meta.x" in meta, "data.x" or plain "x" in data. Null when absent
  // or null there.
  const Value* field(std::string_view path) const;
  // Place of a field; an empty place without origin.
  Place place(std::string_view path = {}) const;
  // A problem of this entry, ready to be added.
  Problem problem(std::string_view path, std::string message, std::string hint = {}) const;
};

}  // namespace trivium::app
