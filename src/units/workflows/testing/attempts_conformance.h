// What every store that several runtimes share has to do with attempts that runs leave to other task queues.
// A provider's test instantiates the suite as it does SharedConformance.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "units/workflows/store/scripts.h"
#include "units/workflows/testing/shared_conformance.h"

namespace trivium::units::workflows::testing {

class AttemptsConformance : public SharedConformance {
 protected:
  static constexpr int64_t scheduled = 5;  // event id of every activity here

  static RuntimeRow server(const std::string& id) { return {id, "server " + id, "far", "worker", {}}; }

  void join(Store& store, const RuntimeRow& runtime) {
    shared(store, [&](SharedTables& tables) { tables.join(runtime, lease); });
  }
  // A run of A with one activity for queue "far", whose attempt is left to that.
  void offer(const std::string& run_id) {
    RunRow row = run_row(run_id, "A");
    row.workflow_id = "id of " + run_id;
    insert(a(), row);
    EXPECT_TRUE(run(a(), [&](Tables& tables) -> Result<> {
      tables.insert_activity(run_id, activity());
      return offer_attempt(tables, run_id, 0, activity());
    }));
  }
  static ActivityRow activity(int64_t attempt = 1) {
    ActivityRow row;
    row.scheduled_event_id = scheduled;
    row.scheduled_ns = 77;
    row.attempt = attempt;
    row.scheduled =
        Object{{"activity_type", Object{{"name", "app:f"}}}, {"task_queue", Object{{"name", "far"}}}};
    row.heartbeat = "\"of the one before\"";
    return row;
  }
  std::vector<ClaimedAttempt> claim(Store& store, const RuntimeRow& runtime, int64_t limit = 10) {
    std::vector<ClaimedAttempt> claimed;
    shared(store, [&](SharedTables& tables) { claimed = tables.claim_attempts(runtime, limit); });
    return claimed;
  }
  AttemptRow claim_one(Store& store, const RuntimeRow& runtime) {
    std::vector<ClaimedAttempt> claimed = claim(store, runtime);
    EXPECT_EQ(claimed.size(), 1U);
    return claimed.empty() ? AttemptRow() : claimed[0].attempt;
  }
  bool tell(Store& store, AttemptRow row) {
    row.called = true;
    bool told = false;
    shared(store, [&](SharedTables& tables) { told = tables.tell_attempt(row); });
    return told;
  }
  std::vector<AttemptRow> attempts(const std::string& run_id) {
    std::vector<AttemptRow> rows;
    shared(a(), [&](SharedTables& tables) { rows = tables.attempts({run_id}); });
    return rows;
  }
  void remove_runtime(const std::string& id) {
    shared(a(), [&](SharedTables& tables) { tables.leave(id); });
  }
};

}  // namespace trivium::units::workflows::testing
