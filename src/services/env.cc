#include "services/env.h"

#include <algorithm>

namespace trivium::services {
namespace {

tl::unexpected<Error> unknown() { return fail(kind::not_found, "environment variable not found"); }

}  // namespace

// --- entries ----------------------------------------------------------------------------------------

void Env::apply(const app::Snapshot& snapshot, app::Problems& problems) {
  const std::lock_guard applying(applying_);
  forget_changed(snapshot);
  app::FieldContext context;
  context.snapshot = &snapshot;
  context.variables = lookup();
  // Variables in the middle: a file's path or a static value may be written with them.
  for (const std::string_view kind : env_storage_kinds().first(2)) add_storages(kind, context, problems);
  add_variables(context, problems);
  for (const std::string_view kind : env_storage_kinds().subspan(2)) add_storages(kind, context, problems);
}

void Env::forget_changed(const app::Snapshot& snapshot) {
  const std::unique_lock lock(mutex_);
  std::erase_if(storages_, [&](const auto& item) { return snapshot.get(item.first) != item.second.entry; });
  std::erase_if(variables_, [&](const auto& item) { return snapshot.get(item.first) != item.second.entry; });
  std::erase_if(names_, [&](const auto& item) { return !variables_.contains(item.second); });
}

void Env::add_storages(std::string_view kind, const app::FieldContext& context, app::Problems& problems) {
  for (const app::Entry* entry : context.snapshot->of_kind(kind)) {
    if (storage(entry->id)) continue;
    EnvStoragePtr made =
        make_env_storage(*entry, context, problems, [this](const EntryId& id) { return storage(id); });
    if (!made) continue;
    const std::unique_lock lock(mutex_);
    storages_[entry->id] = {context.snapshot->get(entry->id), std::move(made)};
  }
}

void Env::add_variables(const app::FieldContext& context, app::Problems& problems) {
  for (const app::Entry* entry : context.snapshot->of_kind(env_variable_kind)) {
    {
      const std::shared_lock lock(mutex_);
      if (variables_.contains(entry->id)) continue;
    }
    std::optional<EnvVariable> decoded = decode_env_variable(*entry, context, problems);
    if (!decoded) continue;
    const std::unique_lock lock(mutex_);
    if (!decoded->name.empty()) names_.insert_or_assign(decoded->name, entry->id);
    variables_[entry->id] = {context.snapshot->get(entry->id), std::move(*decoded)};
  }
}

// --- lookup -----------------------------------------------------------------------------------------

const EnvVariable* Env::find(std::string_view key, std::string_view home) const {
  if (const auto named = names_.find(key); named != names_.end())
    return &variables_.at(named->second).variable;
  const auto at = variables_.find(EntryId::resolve(key, home));
  return at == variables_.end() ? nullptr : &at->second.variable;
}

Result<EnvVariable> Env::variable(std::string_view key, std::string_view home) const {
  if (key.empty()) return fail(kind::invalid, "empty key");
  const std::shared_lock lock(mutex_);
  const EnvVariable* found = find(key, home);
  if (found == nullptr) return unknown();
  return *found;
}

EnvStoragePtr Env::storage(const EntryId& id) const {
  const std::shared_lock lock(mutex_);
  const auto at = storages_.find(id);
  return at == storages_.end() ? nullptr : at->second.storage;
}

bool Env::blocks(std::string_view key, std::string_view home) const {
  const Result<EnvVariable> found = variable(key, home);
  if (!found) return false;
  const EnvStoragePtr store = storage(found->storage);
  return store && store->blocks();
}

bool Env::blocks() const {
  const std::shared_lock lock(mutex_);
  // A router blocks through storages that are in the map themselves.
  return std::any_of(storages_.begin(), storages_.end(), [](const auto& item) {
    return item.second.entry->kind != "env.storage.router" && item.second.storage->blocks();
  });
}

// --- values -----------------------------------------------------------------------------------------

Result<std::string> Env::get(std::string_view key, std::string_view home) const {
  const Result<EnvVariable> found = variable(key, home);
  if (!found) return fail(found.error());
  const EnvStoragePtr store = storage(found->storage);
  if (!store) return fail(kind::not_found, "storage not found: " + found->storage.text());
  Result<std::optional<std::string>> value = store->get(found->key());
  if (!value) return fail(std::move(value.error()));
  if (*value && !(*value)->empty()) return std::move(**value);
  if (found->fallback.empty()) return unknown();
  return found->fallback;
}

Result<> Env::set(std::string_view key, std::string_view home, const std::string& value) {
  const Result<EnvVariable> found = variable(key, home);
  if (!found) return fail(found.error());
  if (found->readonly) return fail(kind::permission_denied, "environment variable is read-only");
  const EnvStoragePtr store = storage(found->storage);
  if (!store) return fail(kind::not_found, "storage not found: " + found->storage.text());
  return store->set(found->key(), value);
}

Result<EnvValues> Env::all() const {
  std::vector<EnvStoragePtr> storages;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, item] : storages_) storages.push_back(item.storage);
  }
  EnvValues values;
  for (const EnvStoragePtr& store : storages) {
    Result<EnvValues> more = store->all();
    if (!more) return more;
    values.merge(*more);
  }
  return values;
}

app::VariableLookup Env::lookup() const {
  return [this](std::string_view name, std::string_view home) -> std::optional<std::string> {
    Result<std::string> value = get(name, home);
    if (!value) return std::nullopt;
    return std::move(*value);
  };
}

}  // namespace trivium::services
