#include "app/lua_entry.h"

#include <algorithm>

#include "app/meta.h"
#include "app/utf8.h"

namespace trivium::app {
namespace {

bool blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

void read_source(Fields& fields, LuaEntry& lua) {
  const Entry& entry = fields.entry();
  if (!fields.has("source")) {
    fields.problem("source", "is required", "write file://name.lua or the program itself");
    return;
  }
  const Value* source = entry.field("source");
  lua.source = fields.verbatim("source");
  if (source->is_string() && blank(lua.source)) {
    fields.problem("source", "must not be empty");
  } else if (!is_utf8(lua.source)) {
    fields.problem("source", "is not valid UTF-8");
  }
  const Place place = entry.place("source");
  lua.source_file = place.file;
  lua.first_line = place.line;
  if (entry.origin) {
    if (auto file = entry.origin->included_from("source")) {
      lua.source_file = std::move(*file);
      lua.first_line = 1;
    } else if (lua.source.find('\n') != std::string::npos) {
      // A block scalar starts on the line below its key.
      ++lua.first_line;
    }
  }
}

void read_modules(Fields& fields, LuaEntry& lua) {
  const std::vector<std::string> modules = fields.texts("modules");
  for (size_t i = 0; i < modules.size(); ++i) {
    const std::string& module = modules[i];
    const std::string path = "modules[" + std::to_string(i) + "]";
    if (module.empty()) {
      fields.problem(path, "must not be empty");
    } else if (module.find(':') != std::string::npos) {
      fields.problem(path, "\"" + module + "\" has a namespace, modules have none",
                     "entries are named under imports, as alias: namespace:name");
    } else if (std::find(lua.modules.begin(), lua.modules.end(), module) == lua.modules.end()) {
      lua.modules.push_back(module);
    }
  }
}

void read_imports(Fields& fields, LuaEntry& lua) {
  const Value* imports = fields.entry().field("imports");
  if (imports == nullptr) return;
  if (!imports->is_object()) {
    fields.problem("imports", "must be a map, not " + with_article(imports->type_name()),
                   "write alias: namespace:name");
    return;
  }
  for (const auto& [alias, target] : imports->as_object()) {
    const std::string path = "imports." + alias;
    if (alias.empty()) {
      fields.problem("imports", "an alias must not be empty");
      continue;
    }
    // A bare name is a built-in module here, never an entry beside this one.
    const std::string text = target.is_string() ? target.as_string() : std::string();
    if (target.is_string() && text.find(':') == std::string::npos && !has_placeholder(text)) {
      if (text.empty()) {
        fields.problem(path, "must not be empty", "write namespace:name");
      } else {
        lua.imports.push_back({alias, {"", text}});
      }
    } else if (text.starts_with(':')) {
      lua.imports.push_back({alias, {"", text.substr(1)}});
      if (text.size() == 1) fields.problem(path, "must name a module");
    } else if (EntryId id = fields.id(path); !id.name.empty()) {
      lua.imports.push_back({alias, std::move(id)});
    }
  }
}

void read_pool(Fields& fields, LuaEntry& lua) {
  if (!fields.has("pool")) return;
  if (const Value* pool = fields.entry().field("pool"); !pool->is_object()) {
    fields.problem("pool", "must be a map, not " + with_article(pool->type_name()));
    return;
  }
  using Type = PoolOptions::Type;
  const std::string type = fields.choice("pool.type", {"lazy", "static", "inline", "adaptive", ""}, "");
  const int64_t size = fields.integer("pool.size", 0, {.min = 0});
  const int64_t workers = fields.integer("pool.workers", 0, {.min = 0});
  const int64_t buffer = fields.integer("pool.buffer", 0, {.min = 0});
  const int64_t max_size = fields.integer("pool.max_size", 0, {.min = 0});
  fields.boolean("pool.warm_start", false);
  const auto or_default = [](int64_t value, int64_t fallback) { return value > 0 ? value : fallback; };
  PoolOptions& pool = lua.pool;
  if (type == "static" || (type.empty() && workers > 0)) {
    pool.type = Type::static_size;
    pool.workers = or_default(workers, or_default(size, 8));
    pool.buffer = or_default(buffer, pool.workers * 64);
  } else if (type == "inline" || (type.empty() && size > 0 && max_size == 0)) {
    pool.type = Type::in_caller;
  } else if (type == "adaptive") {
    pool.type = Type::adaptive;
    pool.workers = or_default(max_size, 16);
  } else {
    pool.type = Type::lazy;
    pool.workers = or_default(max_size, type.empty() ? 100 : 16);
  }
}

}  // namespace

std::optional<LuaKind> lua_kind(std::string_view kind) {
  if (kind == "function.lua") return LuaKind::function;
  if (kind == "process.lua") return LuaKind::process;
  if (kind == "workflow.lua") return LuaKind::workflow;
  if (kind == "library.lua" || kind == "module.lua") return LuaKind::library;
  return std::nullopt;
}

LuaEntry read_lua_entry(const Entry& entry, const FieldContext& context, Problems& problems) {
  Fields fields(entry, context, problems);
  LuaEntry lua;
  lua.id = entry.id;
  lua.kind = lua_kind(entry.kind).value_or(LuaKind::library);
  read_source(fields, lua);
  if (lua.kind == LuaKind::function) {
    lua.method = fields.required_text("method");
  } else if (lua.kind != LuaKind::library) {
    lua.method = fields.text("method");
    if (lua.method.empty()) lua.method = "main";
  }
  read_modules(fields, lua);
  read_imports(fields, lua);
  if (lua.kind == LuaKind::function) read_pool(fields, lua);
  if (const Value* options = entry.field("meta.options"); options != nullptr) {
    if (options->is_object()) {
      lua.options = fields.value("meta.options");
    } else {
      fields.problem("meta.options", "must be a map, not " + with_article(options->type_name()));
    }
  }
  const Value* activity = lua.kind == LuaKind::library ? nullptr : activity_meta(entry);
  if (activity != nullptr && activity->find("local") != nullptr) {
    if (!lua.options.is_object()) lua.options = Object();
    Object& options = lua.options.as_object();
    if (options.find("activity.local") == nullptr) {
      options.set("activity.local", *activity->find("local") == Value(true));
    }
  }
  for (std::string_view path : {"meta.options.default_host", "meta.default_host"}) {
    const Value* host = entry.field(path);
    if (lua.kind == LuaKind::process && host != nullptr) lua.default_host = fields.id(path);
  }
  return lua;
}

}  // namespace trivium::app
