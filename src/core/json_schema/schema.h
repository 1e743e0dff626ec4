// JSON Schema, draft 2020-12, over plain data. Keywords of older drafts that say the same otherwise are
// understood (definitions, dependencies, items as a list, a boolean exclusiveMinimum); `format` and what only
// describes is ignored. A schema refers to itself and its parts, not to other documents, and $dynamicRef goes
// where $ref would. Patterns are those of RE2: without look-around and back references.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/value.h"

namespace trivium::json {

struct CompiledSchema;

struct Mismatch {
  std::string path;     // "items[2].price", lists counted from 1; empty: the value itself
  std::string problem;  // "must be a number, is a string"

  // Both in one, the value called `what`.
  std::string text(const std::string& what) const;
};

// Immutable, cheap to copy, shared freely between threads.
class Schema {
 public:
  // Fails with kind Invalid, naming the place in the schema.
  static Result<Schema> compile(const Value& definition);

  enum class EmptyList {
    is_a_list,
    may_be_a_map,  // of languages in which both are the same empty table
  };

  // Nothing: the value fits. What would take excessively long counts as a mismatch and says so.
  std::optional<Mismatch> check(const Value& value, EmptyList empty = EmptyList::is_a_list) const;

 private:
  explicit Schema(std::shared_ptr<const CompiledSchema> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const CompiledSchema> compiled_;
};

}  // namespace trivium::json
