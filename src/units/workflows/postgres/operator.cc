#include "units/workflows/postgres/operator.h"

#include "units/workflows/postgres/postgres_store.h"
#include "units/workflows/store/store_operator.h"

namespace trivium::units::workflows {
namespace {

class PostgresOperator final : public StoreOperator {
 public:
  PostgresOperator(std::unique_ptr<Store> store, const Clock& clock, Random& random)
      : StoreOperator(std::move(store), clock, random) {}

 private:
  // Every client of the database may write.
  bool served(Tables& /*tables*/) override { return false; }
  std::optional<std::vector<std::string>> served_queues(Tables& tables) override {
    return tables.shared()->served_queues();
  }
  bool alive(Tables& tables) override { return !tables.shared()->served_queues().empty(); }
};

}  // namespace

Result<std::unique_ptr<Operator>> open_postgres_operator(PostgresOptions options, const Clock& clock,
                                                         Random& random) {
  options.migrate = false;
  Result<std::unique_ptr<PostgresStore>> store = PostgresStore::open(options);
  if (!store) return fail(std::move(store.error()));
  return std::unique_ptr<Operator>(std::make_unique<PostgresOperator>(std::move(*store), clock, random));
}

}  // namespace trivium::units::workflows
