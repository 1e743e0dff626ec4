// Lua entries and what they import, taken together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/lua_entry.h"
#include "app/registry.h"

namespace trivium::app {

// What an entry's program sees, its own and that of the libraries it imports, each once.
struct ImportClosure {
  // alias -> library, a library always after those it imports itself.
  std::vector<Import> libraries;
  // alias -> built-in module (target.name). `modules: [time]` is alias time.
  std::vector<Import> modules;
};

// The decoded Lua entries of a snapshot. Immutable; keeps nothing of the snapshot.
class LuaEntries {
 public:
  // Decodes every Lua entry. Mistakes of entries, unknown import targets, import cycles and
  // aliases with two meanings go to `problems`.
  LuaEntries(const Snapshot& snapshot, const FieldContext& context, Problems& problems);

  // Null when it is no Lua entry.
  const LuaEntry* find(const EntryId& id) const;
  const std::map<EntryId, LuaEntry>& all() const { return entries_; }

  // NotFound for a missing target, Conflict for an alias with two meanings, Invalid for a cycle.
  Result<ImportClosure> closure(const EntryId& id) const;

 private:
  void check_targets(const Snapshot& snapshot, const FieldContext& context, Problems& problems) const;
  void check_cycles(const Snapshot& snapshot, Problems& problems) const;

  std::map<EntryId, LuaEntry> entries_;
};

}  // namespace trivium::app
