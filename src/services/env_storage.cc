#include "services/env_storage.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace trivium::services {
namespace {

tl::unexpected<Error> read_only() { return fail(kind::permission_denied, "storage is read-only"); }

std::optional<std::string> find_in(const EnvValues& values, const std::string& key) {
  const auto at = values.find(key);
  return at == values.end() ? std::nullopt : std::optional<std::string>(at->second);
}

class MemoryStorage final : public EnvStorage {
 public:
  Result<std::optional<std::string>> get(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    return find_in(values_, key);
  }
  Result<> set(const std::string& key, const std::string& value) override {
    const std::lock_guard lock(mutex_);
    values_[key] = value;
    return {};
  }
  Result<EnvValues> all() override {
    const std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  std::mutex mutex_;
  EnvValues values_;
};

class StaticStorage final : public EnvStorage {
 public:
  explicit StaticStorage(EnvValues values) : values_(std::move(values)) {}

  Result<std::optional<std::string>> get(const std::string& key) override { return find_in(values_, key); }
  Result<> set(const std::string&, const std::string&) override { return read_only(); }
  Result<EnvValues> all() override { return values_; }

 private:
  const EnvValues values_;
};

class OsStorage final : public EnvStorage {
 public:
  Result<std::optional<std::string>> get(const std::string& key) override {
    const char* value = std::getenv(key.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }
  Result<> set(const std::string&, const std::string&) override { return read_only(); }
  Result<EnvValues> all() override {
    EnvValues values;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      char* equals = std::strchr(*entry, '=');
      if (equals != nullptr) values.emplace(std::string(*entry, equals), equals + 1);
    }
    return values;
  }
};

class RouterStorage final : public EnvStorage {
 public:
  RouterStorage(std::vector<EntryId> storages, StorageLookup find)
      : storages_(std::move(storages)), find_(std::move(find)) {}

  Result<std::optional<std::string>> get(const std::string& key) override {
    {
      const std::lock_guard lock(mutex_);
      if (auto known = find_in(cache_, key)) return known;
    }
    for (const EntryId& id : storages_) {
      const EnvStoragePtr storage = find_(id);
      if (!storage) continue;
      Result<std::optional<std::string>> value = storage->get(key);
      if (!value) return value;
      if (!*value) continue;
      // A write that came in between wins.
      const std::lock_guard lock(mutex_);
      return cache_.try_emplace(key, std::move(**value)).first->second;
    }
    return std::nullopt;
  }
  Result<> set(const std::string& key, const std::string& value) override {
    const EnvStoragePtr first = find_(storages_.front());
    if (!first) return fail(kind::not_found, "storage not found: " + storages_.front().text());
    if (Result<> done = first->set(key, value); !done) return done;
    const std::lock_guard lock(mutex_);
    cache_[key] = value;
    return {};
  }
  Result<EnvValues> all() override {
    EnvValues values;
    {
      const std::lock_guard lock(mutex_);
      values = cache_;
    }
    for (const EntryId& id : storages_) {
      const EnvStoragePtr storage = find_(id);
      if (!storage) continue;
      Result<EnvValues> more = storage->all();
      if (!more) return more;
      values.merge(*more);
    }
    return values;
  }
  bool blocks() const override {
    return std::any_of(storages_.begin(), storages_.end(), [this](const EntryId& id) {
      const EnvStoragePtr storage = find_(id);
      return storage && storage->blocks();
    });
  }

 private:
  const std::vector<EntryId> storages_;
  const StorageLookup find_;
  std::mutex mutex_;
  EnvValues cache_;
};

}  // namespace

EnvStoragePtr make_memory_storage() { return std::make_shared<MemoryStorage>(); }
EnvStoragePtr make_os_storage() { return std::make_shared<OsStorage>(); }
EnvStoragePtr make_static_storage(EnvValues values) {
  return std::make_shared<StaticStorage>(std::move(values));
}
EnvStoragePtr make_router_storage(std::vector<EntryId> storages, StorageLookup find) {
  return std::make_shared<RouterStorage>(std::move(storages), std::move(find));
}

}  // namespace trivium::services
