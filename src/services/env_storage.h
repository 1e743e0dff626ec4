// Where the values of environment variables are kept. All storages are thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/entry_id.h"
#include "core/error.h"

namespace trivium::services {

using EnvValues = std::map<std::string, std::string>;

class EnvStorage {
 public:
  virtual ~EnvStorage() = default;

  // Nothing when the storage has no such key.
  virtual Result<std::optional<std::string>> get(const std::string& key) = 0;
  virtual Result<> set(const std::string& key, const std::string& value) = 0;
  virtual Result<EnvValues> all() = 0;
  // Whether calls may wait for a disk.
  virtual bool blocks() const { return false; }
};

using EnvStoragePtr = std::shared_ptr<EnvStorage>;

// Starts empty, forgets everything with the runtime.
EnvStoragePtr make_memory_storage();

// The environment of the operating system's process; read-only.
EnvStoragePtr make_os_storage();

EnvStoragePtr make_static_storage(EnvValues values);  // read-only

// Looks a storage up by its entry id; null when there is none now.
using StorageLookup = std::function<EnvStoragePtr(const EntryId&)>;

// Reads the first storage that has the key and writes the first one of all. What it has read or
// written it keeps: changes made behind its back are not seen. `storages` must not lead back here.
EnvStoragePtr make_router_storage(std::vector<EntryId> storages, StorageLookup find);

}  // namespace trivium::services
