#include "units/workflows/testing/shared_conformance.h"

#include <map>

namespace trivium::units::workflows::testing {

Result<> SharedConformance::run(Store& store, Work work) {
  Result<> outcome;
  Job job{std::move(work), [&](Result<> done) { outcome = std::move(done); }};
  store.run({&job, 1});
  return outcome;
}

Result<> SharedConformance::shared(Store& store, const std::function<void(SharedTables&)>& work) {
  return run(store, [&](Tables& tables) -> Result<> {
    work(*tables.shared());
    return {};
  });
}

void SharedConformance::insert(Store& store, const RunRow& row) {
  EXPECT_TRUE(run(store, [&](Tables& tables) -> Result<> {
    tables.insert_run(row);
    return {};
  }));
}

std::optional<RunRow> SharedConformance::read(Store& store, const std::string& run_id) {
  std::optional<RunRow> row;
  EXPECT_TRUE(run(store, [&](Tables& tables) -> Result<> {
    row = tables.run(run_id);
    return {};
  }));
  return row;
}

RunRow SharedConformance::run_row(const std::string& run_id, const std::string& owner) {
  RunRow row;
  row.run_id = row.first_run_id = row.workflow_id = run_id;
  row.task_queue = "queue";
  row.type = "app:wf";
  row.owner = owner;
  return row;
}

RuntimeRow SharedConformance::runtime(const std::string& id, std::vector<std::string> types) {
  return {id, "test", "queue", "worker", std::move(types)};
}

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Ids = std::vector<std::string>;

TEST_P(SharedConformance, ARunIsTakenOverWhenItsRuntimeIsSilent) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  insert(a(), run_row("r1", "A"));
  shared(b(), [&](SharedTables& tables) {
    tables.join(runtime("B"), lease);
    EXPECT_TRUE(tables.claim(runtime("B"), 10).empty()) << "it has an owner";
  });
  // Its session lives, so nothing but the end of the lease frees its runs.
  shared(b(), [&](SharedTables& tables) { EXPECT_EQ(tables.served_queues(), Ids{runtime("A").task_queue}); });
  stores().make_silent("A", minutes(1), seconds(1));
  stores().wait_until_old();
  std::optional<RunRow> taken;
  shared(b(), [&](SharedTables& tables) {
    EXPECT_TRUE(tables.take(runtime("B"), {"r1"}).empty()) << "it has an owner";
    EXPECT_EQ(tables.bury("B", lease), 1);
    EXPECT_EQ(tables.runtimes(), Ids{"B"});
    EXPECT_TRUE(tables.claim(runtime("B"), 10).empty()) << "it may sleep on";
    EXPECT_TRUE(tables.claim_orphans(runtime("B"), 10).empty()) << "it has no work";
    for (RunRow& row : tables.take(runtime("B"), {"r1"})) taken = std::move(row);
  });
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->owner, "B");
  EXPECT_GT(taken->fence, 0);
  shared(a(), [&](SharedTables& tables) { EXPECT_FALSE(tables.renew(runtime("A"), lease)); });
}

TEST_P(SharedConformance, NewRunsAreClaimedByWhoeverHasTheirCode) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  shared(b(), [&](SharedTables& tables) { tables.join(runtime("B", {"app:other"}), lease); });
  RunRow unknown = run_row("unknown");
  unknown.type = "app:nobody";
  RunRow foreign = run_row("foreign");
  foreign.task_queue = "elsewhere";
  for (const RunRow& row : {run_row("r1"), unknown, foreign}) insert(a(), row);
  const auto claims = [&](Store& store, const RuntimeRow& row) {
    Ids ids;
    shared(store, [&](SharedTables& tables) {
      for (const RunRow& run : tables.claim(row, 10)) {
        EXPECT_EQ(run.owner, row.id);
        EXPECT_EQ(run.worker, "worker") << "it has not begun";
        EXPECT_EQ(run.fence, 1);
        ids.push_back(run.run_id);
      }
    });
    return ids;
  };
  EXPECT_EQ(claims(b(), runtime("B", {"app:other"})), Ids{"unknown"}) << "A has the code of r1";
  EXPECT_EQ(claims(a(), runtime("A")), Ids{"r1"});
  EXPECT_EQ(claims(a(), runtime("A")), Ids{});
}

TEST_P(SharedConformance, SeveralRunsAreTakenAtOnceAndOnlyThoseThatMayBe) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  shared(b(), [&](SharedTables& tables) { tables.join(runtime("B"), lease); });
  RunRow closed = run_row("closed", "gone");
  closed.status = RunStatus::completed;
  insert(a(), closed);
  for (const char* owner : {"A", "B", "gone"}) insert(a(), run_row(std::string("of ") + owner, owner));
  std::map<std::string, int64_t> fences;
  shared(b(), [&](SharedTables& tables) {
    for (const RunRow& row : tables.take(runtime("B"), {"closed", "of A", "nobody", "of B", "of gone"})) {
      EXPECT_EQ(row.owner, "B");
      fences[row.run_id] = row.fence;
    }
  });
  EXPECT_EQ(fences, (std::map<std::string, int64_t>{{"of B", 0}, {"of gone", 1}}));
}

TEST_P(SharedConformance, CodeThatARuntimeGotMeanwhileCounts) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  shared(b(), [&](SharedTables& tables) { tables.join(runtime("B"), lease); });
  const RuntimeRow more = runtime("A", {"app:new", "app:wf"});
  shared(a(), [&](SharedTables& tables) { EXPECT_TRUE(tables.renew(more, lease)); });
  RunRow row = run_row("r1");
  row.type = "app:new";
  insert(a(), row);
  shared(b(), [&](SharedTables& tables) {
    EXPECT_TRUE(tables.claim(runtime("B"), 10).empty()) << "A has its code";
  });
  shared(a(), [&](SharedTables& tables) { EXPECT_EQ(tables.claim(more, 10).size(), 1U); });
}

TEST_P(SharedConformance, WhatAnEarlierOwnerStillSendsIsRefused) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  RunRow row = run_row("r1", "A");
  row.next_event_id = 2;
  insert(a(), row);
  EXPECT_TRUE(run(a(), [](Tables& tables) -> Result<> {
    tables.insert_activity("r1", {});
    return {};
  }));
  shared(a(), [&](SharedTables& tables) { tables.leave("A"); });
  shared(b(), [&](SharedTables& tables) {
    tables.join(runtime("B"), lease);
    EXPECT_EQ(tables.take(runtime("B"), {"r1"}).size(), 1U);
  });
  TaskCommit commit;
  commit.run_id = "r1";
  commit.first_event_id = 2;
  commit.events = {{2, EventType::task_scheduled, 0, {}, false, {}},
                   {3, EventType::task_started, 0, {}, false, {}},
                   {4, EventType::task_completed, 0, {}, false, {}}};
  commit.encoded = encode_events(commit.events);
  commit.task_started = 3;
  const auto sends = [&](Store& store, int64_t fence) {
    commit.fence = fence;
    const bool saved =
        run(store, [&](Tables& tables) { return save_activity(tables, "r1", fence, {}); }).has_value();
    ScriptContext context;
    const Result<> done = run(store, [&](Tables& tables) { return commit_task(tables, commit, context); });
    EXPECT_EQ(done.has_value(), saved);
    return saved;
  };
  EXPECT_FALSE(sends(a(), 0));
  EXPECT_EQ(read(b(), "r1")->next_event_id, 2);
  EXPECT_TRUE(sends(b(), 1));
}

TEST_P(SharedConformance, WorkOfADeadRuntimeIsFoundAndItsSleepersAreDue) {
  shared(b(), [&](SharedTables& tables) { tables.join(runtime("B"), lease); });
  for (const char* id : {"sleeps", "told", "parked", "busy"}) insert(a(), run_row(id, "dead"));
  insert(a(), run_row("ours", "B"));
  RunRow foreign = run_row("foreign", "dead");
  foreign.task_queue = "other";
  insert(a(), foreign);
  run(a(), [](Tables& tables) -> Result<> {
    int64_t due_ns = 100;
    for (const char* id : {"sleeps", "told", "parked", "busy", "ours", "foreign"}) {
      tables.insert_timer(id, {5, "t", due_ns++});
    }
    tables.insert_inbound("told", "", {0, EventType::execution_signaled, 0, {}});
    tables.insert_activity("busy", {});
    RunRow parked = *tables.run("parked");
    parked.parked = "why";
    tables.update_run(parked);
    return {};
  });
  const RuntimeRow us = runtime("B");
  run(b(), [&](Tables& tables) -> Result<> {
    const std::vector<Due> due{{100, "sleeps"}, {101, "told"}, {103, "busy"}, {104, "ours"}};
    const DuePage page = tables.due_after({}, 10, &us);
    EXPECT_EQ(page.due, due);
    EXPECT_TRUE(page.last);
    // Two are looked at, and neither wakes a run of this runtime.
    const DuePage part = tables.due_after({104, "ours"}, 1, &us);
    EXPECT_TRUE(part.due.empty());
    EXPECT_EQ(part.end, (Due{105, "foreign"}));
    EXPECT_FALSE(part.last);
    return {};
  });
  std::set<std::string> claimed;
  shared(b(), [&](SharedTables& tables) {
    for (const RunRow& row : tables.claim_orphans(us, 10)) claimed.insert(row.run_id);
    EXPECT_TRUE(tables.take(us, {"foreign"}).empty());
  });
  EXPECT_EQ(claimed, (std::set<std::string>{"told", "parked", "busy"}));
  EXPECT_EQ(read(b(), "sleeps")->owner, "dead");
  run(b(), [&](Tables& tables) -> Result<> {
    EXPECT_EQ(tables.runs_with_work("B", "", 10), (Ids{"busy", "parked", "told"}));
    return {};
  });
}

TEST_P(SharedConformance, AHintForADeadRuntimeIsForEverybody) {
  insert(a(), run_row("r1", "dead"));
  run(b(), [](Tables& tables) -> Result<> {
    tables.wake(*tables.run("r1"));
    return {};
  });
  shared(b(), [&](SharedTables& tables) { EXPECT_TRUE(tables.take_wakeups("dead").empty()); });
}

TEST_P(SharedConformance, AHintForOneThatIsThereIsItsOwnAndComesOnce) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  insert(a(), run_row("r1", "A"));
  run(b(), [](Tables& tables) -> Result<> {
    tables.wake(*tables.run("r1"));
    tables.wake(*tables.run("r1"));
    return {};
  });
  shared(b(), [](SharedTables& tables) { EXPECT_TRUE(tables.take_wakeups("B").empty()); });
  shared(a(), [](SharedTables& tables) {
    EXPECT_EQ(tables.take_wakeups("A"), Ids{"r1"});
    EXPECT_TRUE(tables.take_wakeups("A").empty());
  });
}

TEST_P(SharedConformance, OneWhoseSessionIsGoneIsKnownToBeDead) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), hours(1)); });
  shared(b(), [&](SharedTables& tables) { tables.join(runtime("B"), lease); });
  stores().make_silent("A", minutes(1), -hours(1));
  stores().wait_until_old();
  shared(b(), [&](SharedTables& tables) { EXPECT_EQ(tables.bury("B", lease), 0) << "its session lives"; });
  stores().end_session_of_a();
  int64_t buried = 0;
  while (buried == 0) shared(b(), [&](SharedTables& tables) { buried = tables.bury("B", lease); });
  EXPECT_EQ(buried, 1);
}

TEST_P(SharedConformance, NobodyIsBuriedRightAfterTheServerStarted) {
  shared(a(), [&](SharedTables& tables) { tables.join(runtime("A"), lease); });
  stores().make_silent("A", hours(1), hours(1));
  stores().restart_server();
  shared(b(), [&](SharedTables& tables) { EXPECT_EQ(tables.bury("B", hours(1)), 0); });
}

TEST_P(SharedConformance, TheLastRunsOfChainsThatEndedAreFound) {
  RunRow first = run_row("r1");
  first.status = RunStatus::continued_as_new;
  first.next_run_id = "r2";
  RunRow last = run_row("r2");
  last.workflow_id = first.workflow_id;
  last.first_run_id = "r1";
  last.status = RunStatus::completed;
  for (const RunRow& row : {first, last, run_row("open")}) insert(a(), row);
  shared(b(), [](SharedTables& tables) {
    const std::vector<RunRow> ended = tables.ended({"r1", "open"});
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].run_id, "r2");
    EXPECT_TRUE(tables.ended({}).empty());
  });
}

}  // namespace
}  // namespace trivium::units::workflows::testing
