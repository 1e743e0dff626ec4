// Looking into a store and asking things of it from outside the runtime that has it: the command line.
// While a runtime owns the file, requests are left in it and answered by that runtime; otherwise they are
// carried out here, and the next runtime goes on from there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/duration.h"
#include "lua/message.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// One thread. Calls block. Errors: NotFound for unknown workflows; Unavailable for the file; Timeout when
// the owner does not answer.
class Operator {
 public:
  // NotFound: there is no such file.
  static Result<Operator> open(const std::string& file, const Clock& clock, Random& random);

  Result<std::vector<RunRow>> list(std::optional<RunStatus> status, int64_t limit);
  // The latest run of the workflow.
  Result<RunRow> find(const std::string& workflow_id);
  Result<std::vector<ActivityRow>> activities(const std::string& run_id);
  Result<std::vector<TimerRow>> timers(const std::string& run_id);
  Result<std::vector<Event>> history(const std::string& run_id);

  // How long to wait for a runtime that owns the file.
  void set_patience(Duration patience) { patience_ = patience; }
  Result<> signal(const std::string& workflow_id, const lua::Message& message);
  Result<> request_cancel(const std::string& workflow_id, const std::string& reason);
  Result<> terminate(const std::string& workflow_id, const std::string& reason);

 private:
  Operator(std::unique_ptr<Store> store, bool owner, const Clock& clock, Random& random)
      : store_(std::move(store)), owner_(owner), clock_(&clock), random_(&random) {}
  Result<> transact(const std::function<Result<>(Tables&)>& work);
  Result<> ask(OperationRow operation);

  std::unique_ptr<Store> store_;
  bool owner_;
  const Clock* clock_;
  Random* random_;
  Duration patience_ = std::chrono::seconds(10);
};

}  // namespace trivium::units::workflows
