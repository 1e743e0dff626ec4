// What every store that several runtimes share has to do besides (store/shared_tables.h). A provider's test
// instantiates the suite:
//   INSTANTIATE_TEST_SUITE_P(Postgres, SharedConformance, ::testing::Values(&make_postgres_shared));
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "units/workflows/testing/store_conformance.h"

namespace trivium::units::workflows::testing {

// Two connections to one store, which begins empty.
class SharedStoresUnderTest {
 public:
  virtual ~SharedStoresUnderTest() = default;
  virtual Store& a() = 0;
  virtual Store& b() = 0;
  // The runtime has said nothing for this long, and its lease is over since `over` (negative: not yet).
  virtual void make_silent(const std::string& runtime_id, Duration silent, Duration over) = 0;
  virtual void end_session_of_a() = 0;
  virtual void restart_server() = 0;
  // Until the server has been there for longer than the lease.
  virtual void wait_until_old() = 0;
};
using MakeSharedStores = std::unique_ptr<SharedStoresUnderTest> (*)();

class SharedConformance : public ::testing::TestWithParam<MakeSharedStores> {
 protected:
  SharedConformance() : made_(GetParam()()) {}

  SharedStoresUnderTest& stores() { return *made_; }
  Store& a() { return made_->a(); }
  Store& b() { return made_->b(); }

  using Work = std::function<Result<>(Tables&)>;
  static Result<> run(Store& store, Work work);
  static Result<> shared(Store& store, const std::function<void(SharedTables&)>& work);
  static void insert(Store& store, const RunRow& row);
  static std::optional<RunRow> read(Store& store, const std::string& run_id);
  static RunRow run_row(const std::string& run_id, const std::string& owner = "");
  static RuntimeRow runtime(const std::string& id, std::vector<std::string> types = {"app:wf"});

  static constexpr Duration lease = std::chrono::milliseconds(1000);

 private:
  std::unique_ptr<SharedStoresUnderTest> made_;
};

}  // namespace trivium::units::workflows::testing
