// The kinds env.storage.* and env.variable: what their entries mean.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/fields.h"
#include "app/kinds.h"
#include "services/env_storage.h"

namespace trivium::services {

struct EnvVariable {
  EntryId id;
  std::string name;  // public name; may be empty
  EntryId storage;
  std::string fallback;  // the entry's default; empty: none
  bool readonly = false;

  // The key under which the storage keeps the value.
  std::string key() const { return name.empty() ? id.text() : name; }
};

inline constexpr std::string_view env_variable_kind = "env.variable";

// In the order in which they are to be made: what placeholders in an entry may refer to comes first.
std::span<const std::string_view> env_storage_kinds();

// Nothing and a null pointer mean that problems were added.
std::optional<EnvVariable> decode_env_variable(const app::Entry& entry, const app::FieldContext& context,
                                               app::Problems& problems);
EnvStoragePtr make_env_storage(const app::Entry& entry, const app::FieldContext& context,
                               app::Problems& problems, StorageLookup find);

// Adds the kinds with their checks.
void add_env_kinds(app::Kinds& kinds);

}  // namespace trivium::services
