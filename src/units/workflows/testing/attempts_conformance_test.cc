// What stores that several runtimes share do with attempts that runs leave to other task queues.
#include "units/workflows/testing/attempts_conformance.h"

#include <algorithm>

namespace trivium::units::workflows::testing {
namespace {

using Ids = std::vector<std::string>;

TEST_P(AttemptsConformance, WhoeverServesTheQueueTakesThemInTurnWithWhatItNeeds) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  for (const char* id : {"r2", "r1", "r3"}) offer(id);
  EXPECT_TRUE(run(a(), [&](Tables& tables) { return offer_attempt(tables, "r2", 0, activity()); }))
      << "again";
  EXPECT_TRUE(claim(a(), runtime("A")).empty()) << "of another queue";
  std::vector<ClaimedAttempt> claimed = claim(b(), server("B"), 2);
  ASSERT_EQ(claimed.size(), 2U);
  std::sort(claimed.begin(), claimed.end(),
            [](const auto& x, const auto& y) { return x.attempt.run_id < y.attempt.run_id; });
  EXPECT_EQ(claimed[0].attempt.run_id, "r1");
  EXPECT_EQ(claimed[0].attempt.scheduled_event_id, scheduled);
  EXPECT_EQ(claimed[0].attempt.attempt, 1);
  EXPECT_EQ(claimed[0].attempt.taker, "B");
  EXPECT_EQ(claimed[0].attempt.fence, 1);
  EXPECT_EQ(claimed[0].workflow_id, "id of r1");
  EXPECT_EQ(claimed[0].workflow_type, "app:wf");
  EXPECT_EQ(claimed[0].activity.scheduled_ns, 77);
  EXPECT_EQ(claimed[0].activity.heartbeat, "\"of the one before\"");
  EXPECT_EQ(text_at(claimed[0].activity.scheduled, "activity_type.name"), "app:f");
  EXPECT_EQ(claimed[1].attempt.run_id, "r2");
  EXPECT_EQ(claim_one(b(), server("B")).run_id, "r3");
  EXPECT_TRUE(claim(b(), server("B")).empty());
}

TEST_P(AttemptsConformance, WhatItsTakerTellsIsKept) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  offer("r1");
  EXPECT_EQ(attempts("r1")[0].taker, "");
  AttemptRow row = claim_one(b(), server("B"));
  row.begun_ns = 10;
  row.beat_ns = 20;
  row.heartbeat = "\"half\"";
  EXPECT_TRUE(tell(b(), row));
  EXPECT_TRUE(tell(b(), row)) << "it may not have heard the answer";
  row.outcome = "{}";
  EXPECT_TRUE(tell(b(), row));
  EXPECT_FALSE(tell(b(), row)) << "it has ended";
  const std::vector<AttemptRow> rows = attempts("r1");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].called);
  EXPECT_EQ(rows[0].begun_ns, 10);
  EXPECT_EQ(rows[0].beat_ns, 20);
  EXPECT_EQ(rows[0].heartbeat, "\"half\"");
  EXPECT_EQ(rows[0].outcome, "{}");
  EXPECT_EQ(rows[0].taker, "B");
  EXPECT_NE(rows[0].taker_name, "");
  EXPECT_FALSE(rows[0].taker_gone);
}

TEST_P(AttemptsConformance, OneThatNobodyCalledIsTakenAgainWhenItsTakerIsGone) {
  join(a(), runtime("A"));
  join(a(), server("B"));
  join(b(), server("C"));
  offer("r1");
  const AttemptRow first = claim_one(a(), server("B"));
  EXPECT_TRUE(claim(b(), server("C")).empty()) << "B has it";
  remove_runtime("B");
  const AttemptRow second = claim_one(b(), server("C"));
  EXPECT_GT(second.fence, first.fence);
  EXPECT_FALSE(tell(a(), first));
  EXPECT_FALSE(attempts("r1")[0].called);
  EXPECT_TRUE(tell(b(), second));
}

TEST_P(AttemptsConformance, OneThatWasCalledIsNeverTakenAgain) {
  join(a(), runtime("A"));
  join(a(), server("B"));
  join(b(), server("C"));
  offer("r1");
  const AttemptRow row = claim_one(a(), server("B"));
  EXPECT_TRUE(tell(a(), row));
  shared(a(), [](SharedTables& tables) { EXPECT_EQ(tables.abandoned_attempts("A"), Ids{}); });
  remove_runtime("B");
  EXPECT_TRUE(claim(b(), server("C")).empty());
  EXPECT_TRUE(attempts("r1")[0].taker_gone);
  shared(a(), [](SharedTables& tables) {
    EXPECT_EQ(tables.abandoned_attempts("A"), Ids{"r1"});
    EXPECT_EQ(tables.abandoned_attempts("other"), Ids{});
  });
  // It was only slow: its outcome is as good as any, until the run has decided.
  AttemptRow late = row;
  late.outcome = "{}";
  EXPECT_TRUE(tell(a(), late));
  shared(a(), [](SharedTables& tables) { EXPECT_EQ(tables.abandoned_attempts("A"), Ids{}); });
}

TEST_P(AttemptsConformance, WhatATakerGivesBackOthersTake) {
  join(a(), runtime("A"));
  join(a(), server("B"));
  join(b(), server("C"));
  offer("r1");
  offer("r2");
  const std::vector<ClaimedAttempt> claimed = claim(a(), server("B"));
  ASSERT_EQ(claimed.size(), 2U);
  EXPECT_TRUE(tell(a(), claimed[0].attempt));
  shared(a(), [](SharedTables& tables) { tables.release_attempts(server("B")); });
  EXPECT_EQ(claim_one(b(), server("C")).run_id, claimed[1].attempt.run_id);
  EXPECT_FALSE(tell(a(), claimed[1].attempt));
}

TEST_P(AttemptsConformance, ACancelledOneIsNotCalledAndOneThatWasHearsOfIt) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  for (const char* id : {"called", "claimed", "waiting"}) offer(id);
  std::vector<ClaimedAttempt> claimed = claim(b(), server("B"), 2);
  ASSERT_EQ(claimed.size(), 2U);
  const size_t first = claimed[0].attempt.run_id == "called" ? 0 : 1;
  AttemptRow called = claimed[first].attempt;
  EXPECT_TRUE(tell(b(), called));
  for (const char* id : {"called", "claimed", "waiting"}) {
    shared(a(), [&](SharedTables& tables) { tables.cancel_attempts(id, scheduled); });
    EXPECT_TRUE(attempts(id)[0].cancel_requested);
  }
  EXPECT_FALSE(tell(b(), claimed[1 - first].attempt));
  EXPECT_TRUE(claim(b(), server("B")).empty());
  called.outcome = "{}";
  EXPECT_TRUE(tell(b(), called));
}

TEST_P(AttemptsConformance, TheEndOfOneWakesTheRuntimeThatHasTheRun) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  offer("r1");
  AttemptRow row = claim_one(b(), server("B"));
  row.called = true;
  row.outcome = "{}";
  ScriptContext context;
  context.owner = "B";
  EXPECT_TRUE(run(b(), [&](Tables& tables) { return finish_attempt(tables, row, context); }));
  EXPECT_EQ(attempts("r1")[0].outcome, "{}");
  shared(a(), [](SharedTables& tables) { EXPECT_EQ(tables.take_wakeups("A"), Ids{"r1"}); });
  // Told again, it changes nothing.
  EXPECT_TRUE(run(b(), [&](Tables& tables) { return finish_attempt(tables, row, context); }));
  shared(a(), [](SharedTables& tables) { EXPECT_TRUE(tables.take_wakeups("A").empty()); });
}

TEST_P(AttemptsConformance, TheNextAttemptWithdrawsTheOneBefore) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  offer("r1");
  const AttemptRow first = claim_one(b(), server("B"));
  EXPECT_TRUE(tell(b(), first));
  EXPECT_TRUE(
      run(a(), [](Tables& tables) { return save_next_attempt(tables, "r1", 0, activity(2), false); }));
  EXPECT_TRUE(attempts("r1").empty());
  EXPECT_FALSE(tell(b(), first));
  EXPECT_TRUE(run(a(), [](Tables& tables) { return offer_attempt(tables, "r1", 0, activity(2)); }));
  EXPECT_EQ(claim_one(b(), server("B")).attempt, 2);
  shared(a(), [](SharedTables& tables) { tables.delete_attempts("r1", scheduled, 1); });
  EXPECT_EQ(attempts("r1").size(), 1U);
}

TEST_P(AttemptsConformance, WhoDoesNotHaveTheRunLeavesNothingToOthers) {
  join(a(), runtime("A"));
  offer("r1");
  shared(a(), [](SharedTables& tables) { tables.delete_attempts("r1", scheduled, 1); });
  const Result<> refused =
      run(a(), [](Tables& tables) { return offer_attempt(tables, "r1", 7, activity()); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::conflict);
  EXPECT_TRUE(attempts("r1").empty());
}

// It leaves the memory meanwhile, and its runtime may die.
TEST_P(AttemptsConformance, ARunThatWaitsForOneHasNoWorkUntilThatHasEndedOrItsTakerIsGone) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  const auto work = [&] {
    Ids ids;
    EXPECT_TRUE(run(a(), [&](Tables& tables) -> Result<> {
      ids = tables.runs_with_work("A", "", 10);
      return {};
    }));
    return ids;
  };
  const auto wait_for = [&](const char* id, int64_t due_ns) {
    return run(a(), [&](Tables& tables) {
      return await_attempts(tables, id, 0, {{retry_timer(scheduled), "", due_ns}});
    });
  };
  for (const char* id : {"r1", "r2"}) offer(id);
  EXPECT_EQ(work(), (Ids{"r1", "r2"}));
  EXPECT_TRUE(wait_for("r1", 400));
  EXPECT_TRUE(wait_for("r1", 500));
  EXPECT_TRUE(wait_for("r2", 600));
  EXPECT_FALSE(run(b(), [](Tables& tables) { return await_attempts(tables, "r1", 7, {}); }));
  EXPECT_EQ(work(), Ids{});
  EXPECT_TRUE(run(a(), [&](Tables& tables) -> Result<> {
    EXPECT_EQ(tables.due_after({}, 10, nullptr).due, (std::vector<Due>{{500, "r1"}, {600, "r2"}}));
    EXPECT_TRUE(tables.activities("r1").at(0).awaited);
    return {};
  }));
  std::vector<ClaimedAttempt> claimed = claim(b(), server("B"));
  ASSERT_EQ(claimed.size(), 2U);
  AttemptRow first = claimed[claimed[0].attempt.run_id == "r1" ? 0 : 1].attempt;
  const AttemptRow second = claimed[claimed[0].attempt.run_id == "r1" ? 1 : 0].attempt;
  EXPECT_EQ(work(), Ids{}) << "taken";
  EXPECT_TRUE(tell(b(), first));
  EXPECT_EQ(work(), Ids{}) << "called";
  first.outcome = "{}";
  EXPECT_TRUE(tell(b(), first));
  EXPECT_EQ(work(), Ids{"r1"});
  EXPECT_TRUE(tell(b(), second));
  join(b(), runtime("C"));
  remove_runtime("A");
  const auto orphans = [&] {
    Ids ids;
    shared(b(), [&](SharedTables& tables) {
      for (const RunRow& row : tables.claim_orphans(runtime("C"), 10)) ids.push_back(row.run_id);
    });
    return ids;
  };
  EXPECT_EQ(orphans(), Ids{"r1"});
  remove_runtime("B");
  EXPECT_EQ(orphans(), Ids{"r2"});
}

TEST_P(AttemptsConformance, TheyEndWithTheirRun) {
  join(a(), runtime("A"));
  join(b(), server("B"));
  offer("r1");
  offer("r2");
  const std::vector<ClaimedAttempt> claimed = claim(b(), server("B"));
  ScriptContext context;
  context.new_run_id = [] { return std::string("none"); };
  EXPECT_TRUE(run(a(), [&](Tables& tables) {
    return close_from_outside(tables, "id of r1", "", EventType::execution_terminated, {}, context);
  }));
  EXPECT_TRUE(attempts("r1").empty());
  EXPECT_EQ(attempts("r2").size(), 1U);
  for (const ClaimedAttempt& one : claimed) EXPECT_EQ(tell(b(), one.attempt), one.attempt.run_id == "r2");
}

}  // namespace
}  // namespace trivium::units::workflows::testing
