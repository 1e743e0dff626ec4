// The part of an operator that is the same for every store: everything but how to see whether a runtime
// is there. While one is, requests are left in the store and answered by it; otherwise they are carried out
// here, and the next runtime goes on from there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "units/workflows/store/operator.h"
#include "units/workflows/store/scripts.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

class StoreOperator : public Operator {
 public:
  Result<std::vector<RunRow>> list(const RunFilter& filter, size_t limit,
                                   const std::function<bool(const RunRow&)>& accept) override;
  Result<RunRow> find(const std::string& workflow_id) override;
  Result<RunRow> run(const std::string& run_id) override;
  Result<PendingWork> pending(const std::string& run_id) override;
  Result<std::vector<Event>> history(const std::string& run_id) override;

  Result<> signal(const std::string& workflow_id, const lua::Message& message) override;
  Result<> request_cancel(const std::string& workflow_id, const std::string& reason) override;
  Result<> terminate(const std::string& workflow_id, const std::string& reason) override;
  Result<> retry(const std::string& workflow_id) override;
  Result<Values> update(const std::string& workflow_id, const std::string& name, const Values& arguments,
                        Duration limit) override;
  bool unserved(const RunRow& run) override;
  Result<std::string> source(const std::string& hash) override;
  Result<> change_code(const CodeChange& change) override;
  void set_patience(Duration patience) override { patience_ = patience; }

 protected:
  // `store` takes nothing away from a runtime. `clock` and `random` outlive this.
  StoreOperator(std::unique_ptr<Store> store, const Clock& clock, Random& random)
      : store_(std::move(store)), clock_(&clock), random_(&random) {}

  // Whether a runtime carries out operations now. Called within a transaction that writes: a runtime that
  // begins afterwards sees what it did.
  virtual bool served(Tables& tables) = 0;
  // The task queues of the runtimes that are there. Nothing: the store is one runtime's, which serves all.
  virtual std::optional<std::vector<std::string>> served_queues(Tables& /*tables*/) { return std::nullopt; }
  // Whether a runtime is there that carries out workflows.
  virtual bool alive(Tables& tables) { return served(tables); }

  Result<> transact(const std::function<Result<>(Tables&)>& work, bool read_only = false);

 private:
  Result<> read(const std::function<Result<>(Tables&)>& work) { return transact(work, true); }
  Result<> ask(const OperationRow& operation);
  // What was told of it.
  Result<Value> await_outcome(int64_t sequence);
  ScriptContext context() const;
  std::string new_id() const;
  // Looks for the answer once.
  Result<std::optional<lua::Reply>> look_for_answer(const PostedUpdate& posted, bool patient, bool last);

  std::unique_ptr<Store> store_;
  const Clock* clock_;
  Random* random_;
  Duration patience_ = std::chrono::seconds(10);
  std::optional<std::optional<std::vector<std::string>>> served_;  // as it was asked first
};

}  // namespace trivium::units::workflows
