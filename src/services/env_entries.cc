#include "services/env_entries.h"

#include <algorithm>
#include <set>

#include "services/env_file.h"

namespace trivium::services {
namespace {

using app::Entry;
using app::FieldContext;
using app::Fields;
using app::Problems;

constexpr std::string_view memory_kind = "env.storage.memory";
constexpr std::string_view os_kind = "env.storage.os";
constexpr std::string_view static_kind = "env.storage.static";
constexpr std::string_view router_kind = "env.storage.router";
constexpr std::string_view file_kind = "env.storage.file";
constexpr std::string_view storage_kinds[] = {os_kind, memory_kind, static_kind, router_kind, file_kind};

bool is_public_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// The variable that owns the public name: the first one by id.
void check_unique(const std::string& name, Fields& fields, const FieldContext& context) {
  if (context.snapshot == nullptr || name.empty()) return;
  for (const Entry* other : context.snapshot->of_kind(env_variable_kind)) {
    if (other->id == fields.entry().id) return;
    const Value* taken = other->field("variable");
    if (taken != nullptr && *taken == Value(name)) {
      fields.problem("variable", "the name " + name + " belongs to " + other->id.text() + " already",
                     "choose another name or leave it out");
      return;
    }
  }
}

std::vector<EntryId> routed_storages(Fields& fields) {
  return fields.ids("storages", {.required = true, .kinds = {"env.storage."}});
}

// Whether following routers from `from` leads to `target`.
bool leads_to(const app::Snapshot& snapshot, const EntryId& from, const EntryId& target,
              std::set<EntryId>& seen) {
  if (from == target) return true;
  const Entry* entry = snapshot.find(from);
  if (entry == nullptr || entry->kind != router_kind || !seen.insert(from).second) return false;
  Problems ignored;
  const FieldContext context;
  Fields fields(*entry, context, ignored);
  const std::vector<EntryId> next = fields.ids("storages");
  return std::any_of(next.begin(), next.end(),
                     [&](const EntryId& id) { return leads_to(snapshot, id, target, seen); });
}

EnvStoragePtr make_router(Fields& fields, const FieldContext& context, StorageLookup find) {
  std::vector<EntryId> storages = routed_storages(fields);
  if (context.snapshot != nullptr) {
    for (const EntryId& id : storages) {
      std::set<EntryId> seen;
      if (leads_to(*context.snapshot, id, fields.entry().id, seen)) {
        fields.problem("storages", id.text() + " leads back to this router");
      }
    }
  }
  return fields.ok() ? make_router_storage(std::move(storages), std::move(find)) : nullptr;
}

EnvStoragePtr make_file(Fields& fields) {
  EnvFileOptions options;
  options.path = fields.required_text("file_path");
  options.auto_create = fields.boolean("auto_create", false);
  options.file_mode =
      static_cast<mode_t>(fields.integer("file_mode", options.file_mode, {.min = 0, .max = 0777}));
  options.dir_mode =
      static_cast<mode_t>(fields.integer("dir_mode", options.dir_mode, {.min = 0, .max = 0777}));
  return fields.ok() ? make_file_storage(std::move(options)) : nullptr;
}

}  // namespace

std::span<const std::string_view> env_storage_kinds() { return storage_kinds; }

std::optional<EnvVariable> decode_env_variable(const Entry& entry, const FieldContext& context,
                                               Problems& problems) {
  Fields fields(entry, context, problems);
  EnvVariable variable;
  variable.id = entry.id;
  variable.storage = fields.id("storage", {.required = true, .qualified = true, .kinds = {"env.storage."}});
  variable.name = fields.text("variable");
  if (!is_public_name(variable.name)) {
    fields.problem("variable", "\"" + variable.name + "\" is no name of a variable",
                   "use letters, digits and underscores");
  }
  check_unique(variable.name, fields, context);
  variable.fallback = fields.text("default");
  variable.readonly = fields.boolean("readonly", false);
  if (!fields.ok()) return std::nullopt;
  return variable;
}

EnvStoragePtr make_env_storage(const Entry& entry, const FieldContext& context, Problems& problems,
                               StorageLookup find) {
  Fields fields(entry, context, problems);
  if (entry.kind == memory_kind) return make_memory_storage();
  if (entry.kind == os_kind) return make_os_storage();
  if (entry.kind == file_kind) return make_file(fields);
  if (entry.kind == router_kind) return make_router(fields, context, std::move(find));
  EnvValues values;
  for (auto& [key, value] : fields.text_map("values")) values.emplace(std::move(key), std::move(value));
  return fields.ok() ? make_static_storage(std::move(values)) : nullptr;
}

void add_env_kinds(app::Kinds& kinds) {
  for (const std::string_view kind : storage_kinds) {
    kinds.add(std::string(kind), [](const Entry& entry, const FieldContext& context, Problems& problems) {
      make_env_storage(entry, context, problems, [](const EntryId&) { return nullptr; });
    });
  }
  kinds.add(std::string(env_variable_kind),
            [](const Entry& entry, const FieldContext& context, Problems& problems) {
              decode_env_variable(entry, context, problems);
            });
}

}  // namespace trivium::services
