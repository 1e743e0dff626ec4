// The Lua kinds, decoded: function.lua, process.lua, workflow.lua, library.lua, module.lua.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/fields.h"

namespace trivium::app {

enum class LuaKind { function, process, workflow, library };

// Nothing when `kind` is no Lua kind.
std::optional<LuaKind> lua_kind(std::string_view kind);

// alias -> a library entry, or, with an empty namespace, a built-in module.
struct Import {
  std::string alias;
  EntryId target;
  bool built_in() const { return target.ns.empty(); }
};

struct PoolOptions {
  enum class Type { lazy, static_size, in_caller, adaptive };
  Type type = Type::lazy;
  int64_t workers = 100;  // the most there may be; in static pools the number there is
  int64_t buffer = 0;     // of static pools: calls that may wait; others have no bound
};

struct LuaEntry {
  EntryId id;
  LuaKind kind = LuaKind::function;
  std::string source;
  // Where the text stands: the included file, or the index file. `first_line` is the line of the
  // source's first line there (1 for included files), for messages that name files.
  std::string source_file;
  int first_line = 1;
  std::string method;                   // empty for libraries
  std::vector<std::string> modules;     // each once, as written
  std::vector<Import> imports;          // in written order
  PoolOptions pool;                     // of functions
  Value options;                        // meta.options, an object or nil: retry and other call options
  std::optional<EntryId> default_host;  // of processes that can be called like functions
};

// Every mistake is noted; what could be read is returned. Names of modules are not checked here.
LuaEntry read_lua_entry(const Entry& entry, const FieldContext& context, Problems& problems);

}  // namespace trivium::app
