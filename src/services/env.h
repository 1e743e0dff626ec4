// Environment variables of an application: what env.* entries declare, kept up to date with the
// registry. A service of the node (node.service<Env>()).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "app/placeholder.h"
#include "app/problem.h"
#include "app/registry.h"
#include "services/env_entries.h"
#include "services/env_storage.h"

namespace trivium::services {

// Thread-safe. `home` is the namespace of the entry that asks: a bare name may mean a variable there.
class Env {
 public:
  Env() = default;
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  // Takes over the env entries of a snapshot. Those that did not change keep their storages and values;
  // those with mistakes are left out and reported.
  void apply(const app::Snapshot& snapshot, app::Problems& problems);

  // Whether the calls below may wait for a disk: of one key, of all().
  bool blocks(std::string_view key, std::string_view home) const;
  bool blocks() const;

  // The value, or the variable's default. Invalid: empty key; NotFound: unknown or not set.
  Result<std::string> get(std::string_view key, std::string_view home) const;
  // PermissionDenied: the variable or its storage is read-only.
  Result<> set(std::string_view key, std::string_view home, const std::string& value);
  // Everything all storages hold, whether a variable names it or not.
  Result<EnvValues> all() const;

  // What ${env:NAME} means. Must not be called after this object is gone.
  app::VariableLookup lookup() const;

 private:
  struct Storage {
    app::EntryPtr entry;
    EnvStoragePtr storage;
  };
  struct Variable {
    app::EntryPtr entry;
    EnvVariable variable;
  };

  void forget_changed(const app::Snapshot& snapshot);
  void add_storages(std::string_view kind, const app::FieldContext& context, app::Problems& problems);
  void add_variables(const app::FieldContext& context, app::Problems& problems);
  const EnvVariable* find(std::string_view key, std::string_view home) const;  // under mutex_
  Result<EnvVariable> variable(std::string_view key, std::string_view home) const;
  EnvStoragePtr storage(const EntryId& id) const;

  std::mutex applying_;
  mutable std::shared_mutex mutex_;
  std::map<EntryId, Storage> storages_;
  std::map<EntryId, Variable> variables_;
  std::map<std::string, EntryId, std::less<>> names_;
};

}  // namespace trivium::services
