#include "units/workflows/sqlite/operator.h"

#include <filesystem>

#include "units/workflows/sqlite/owner_lock.h"
#include "units/workflows/sqlite/sqlite_store.h"
#include "units/workflows/store/store_operator.h"

namespace trivium::units::workflows {
namespace {

class SqliteOperator final : public StoreOperator {
 public:
  SqliteOperator(std::string file, std::unique_ptr<Store> store, const Clock& clock, Random& random)
      : StoreOperator(std::move(store), clock, random), file_(std::move(file)) {}

 private:
  bool served(Tables&) override { return OwnerLock::held(file_); }

  const std::string file_;
};

}  // namespace

Result<std::unique_ptr<Operator>> open_sqlite_operator(const std::string& file, const Clock& clock,
                                                       Random& random) {
  if (!std::filesystem::exists(file)) return fail(kind::not_found, "there is no workflow store " + file);
  const SqliteStore::Options beside{file, false, true};
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(beside);
  if (!store && store.error().kind == kind::conflict && !OwnerLock::held(file)) {
    // Of an older schema, perhaps: its owner would bring it up to date, so does this.
    Result<std::unique_ptr<SqliteStore>> owner = SqliteStore::open({file, true, true});
    if (!owner) return fail(std::move(owner.error()));
    owner->reset();
    store = SqliteStore::open(beside);
  }
  if (!store) return fail(std::move(store.error()));
  return std::make_unique<SqliteOperator>(file, std::move(*store), clock, random);
}

}  // namespace trivium::units::workflows
