// What every store has to do. A provider's test instantiates the suite with a way to open it:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, ::testing::Values(&make_sqlite));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "units/workflows/store/scripts.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows::testing {

// A store that begins empty and, closed and opened again, has what was committed.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  virtual void reopen() = 0;
};
using MakeStore = std::unique_ptr<StoreUnderTest> (*)();

class StoreConformance : public ::testing::TestWithParam<MakeStore> {
 public:
  StoreConformance() : made_(GetParam()()) {}

  Store& store() { return made_->store(); }
  void reopen() { made_->reopen(); }

  using Script = std::function<Result<>(Tables&, ScriptContext&)>;
  // One transaction with one job.
  Result<> run(Script script);
  // One transaction with several; the outcomes in their order.
  std::vector<Result<>> run_all(std::vector<Script> scripts);

  // A run "wf" with the id `run_id`.
  RunStart start_of(const std::string& run_id);
  void start(const std::string& run_id);
  // Its first task, which asks for these.
  TaskCommit task_of(const std::string& run_id, std::vector<Event> commands);
  static Event command(EventType type, Object attributes = {});

  int64_t now_ns = 1000;
  Changes changes;  // of the last run()

 private:
  std::unique_ptr<StoreUnderTest> made_;
  int ids_ = 0;
};

}  // namespace trivium::units::workflows::testing
