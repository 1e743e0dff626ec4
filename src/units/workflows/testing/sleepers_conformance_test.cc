// What a store has to do for runs that nobody has in memory.
#include "units/workflows/testing/store_conformance.h"

namespace trivium::units::workflows::testing {
namespace {

TEST_P(StoreConformance, ARunIsDueForItsFirstTaskItsTimersAndItsEnd) {
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) -> Result<> {
    RunStart start = start_of("r1");
    start.delay_ns = 500;
    start.started.set("workflow_run_timeout", 900);
    (void)start_run(tables, start, context);
    return {};
  }));
  const auto due = [&] {
    std::vector<Due> found;
    run([&](Tables& tables, ScriptContext&) -> Result<> {
      found = tables.due_after({}, 10, nullptr).due;
      EXPECT_TRUE(tables.due_after({}, 10, nullptr).last);
      return {};
    });
    return found;
  };
  using Dues = std::vector<Due>;
  EXPECT_EQ(due(), (Dues{{now_ns + 500, "r1"}, {now_ns + 1400, "r1"}}));
  now_ns += 500;
  run([&](Tables& tables, ScriptContext& context) {
    return commit_task(tables,
                       task_of("r1", {command(EventType::timer_started,
                                              Object{{"timer_id", "5"}, {"start_to_fire_timeout", 100}})}),
                       context);
  });
  reopen();
  EXPECT_EQ(due(), (Dues{{now_ns + 100, "r1"}, {now_ns + 900, "r1"}}));
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.timers("r1").size(), 1U) << "of the code";
    RunRow row = *tables.run("r1");
    row.parked = "why";
    tables.update_run(row);
    return {};
  });
  EXPECT_EQ(due(), (Dues{{now_ns + 900, "r1"}})) << "parked";
  run([](Tables& tables, ScriptContext& context) {
    return close_from_outside(tables, "wf", "", EventType::execution_terminated, {}, context);
  });
  EXPECT_EQ(due(), Dues{});
}

TEST_P(StoreConformance, DueTimesComeInPieces) {
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) -> Result<> {
    for (const char* id : {"r-1", "r1", "r2", "R3", "r4"}) {
      RunStart start = start_of(id);
      start.workflow_id = id;
      start.delay_ns = std::string(id) == "r4" ? 1 : 7;
      (void)start_run(tables, start, context);
    }
    return {};
  }));
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    std::vector<std::string> order;
    Due after;
    for (bool last = false; !last;) {
      const DuePage page = tables.due_after(after, 2, nullptr);
      for (const Due& due : page.due) {
        EXPECT_LT(after, due);
        order.push_back(due.run_id);
        after = due;
      }
      EXPECT_EQ(after, page.end);
      last = page.last;
    }
    EXPECT_EQ(order, (std::vector<std::string>{"r4", "R3", "r-1", "r1", "r2"}));
    return {};
  });
}

TEST_P(StoreConformance, FindsRunsThatHaveMoreToDoThanToWait) {
  for (const char* id : {"sleeps", "told", "busy", "parked", "new"}) {
    EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) -> Result<> {
      RunStart start = start_of(id);
      start.workflow_id = id;
      (void)start_run(tables, start, context);
      if (std::string(id) == "new")
        return post(tables, id, "", "", {0, EventType::execution_signaled, 0, {}}, context);
      std::vector<Event> commands;
      if (std::string(id) == "busy") commands.push_back(command(EventType::activity_scheduled));
      if (Result<> done = commit_task(tables, task_of(id, commands), context); !done) return done;
      if (std::string(id) == "told")
        return post(tables, id, "", "", {0, EventType::execution_signaled, 0, {}}, context);
      if (std::string(id) == "parked") {
        RunRow row = *tables.run(id);
        row.parked = "why";
        tables.update_run(row);
      }
      return {};
    }));
  }
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    using Ids = std::vector<std::string>;
    EXPECT_EQ(tables.runs_with_work("", "", 10), (Ids{"busy", "parked", "told"})) << "the new one is due";
    EXPECT_EQ(tables.runs_with_work("", "busy", 1), (Ids{"parked"}));
    EXPECT_EQ(tables.runs_with_work("", "told", 10), Ids{});
    return {};
  });
}

TEST_P(StoreConformance, ARunWhoseAttemptStandsAmongTheDueTimesHasNoWork) {
  const auto look = [&](bool awaited, const std::vector<Due>& due, bool work) {
    run([&](Tables& tables, ScriptContext&) -> Result<> {
      const std::vector<ActivityRow> found = tables.activities("r1");
      EXPECT_EQ(found.size(), 1U);
      EXPECT_TRUE(!found.empty() && found[0].awaited == awaited);
      EXPECT_EQ(tables.due_after({}, 10, nullptr).due, due);
      EXPECT_EQ(tables.runs_with_work("", "", 10).size(), work ? 1U : 0U);
      EXPECT_TRUE(tables.timers("r1").empty()) << "the code set none";
      return {};
    });
  };
  int64_t scheduled = 0;
  int64_t fence = 0;
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) -> Result<> {
    (void)start_run(tables, start_of("r1"), context);
    const std::vector<Event> commands{command(EventType::activity_scheduled)};
    if (Result<> done = commit_task(tables, task_of("r1", commands), context); !done) return done;
    scheduled = tables.activities("r1")[0].scheduled_event_id;
    fence = tables.run("r1")->fence;
    return {};
  }));
  look(false, {}, true);
  const auto save = [&](int64_t due_ns, bool awaited, bool was_awaited) {
    EXPECT_TRUE(run([&](Tables& tables, ScriptContext&) {
      ActivityRow row = tables.activities("r1")[0];
      row.next_attempt_ns = due_ns;
      row.awaited = awaited;
      return save_attempt(tables, "r1", fence, row, was_awaited);
    }));
  };
  save(500, true, false);
  look(true, {{500, "r1"}}, false);
  save(600, true, true);
  look(true, {{600, "r1"}}, false);
  save(600, false, true);
  look(false, {}, true);
  save(700, true, false);
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) {
    TaskCommit commit = task_of("r1", {command(EventType::activity_cancel_requested)});
    commit.first_event_id = tables.run("r1")->next_event_id;
    for (Event& event : commit.events) event.attributes.set("scheduled_event_id", scheduled);
    return commit_task(tables, commit, context);
  }));
  look(false, {}, true);  // that has to be told now
}

TEST_P(StoreConformance, SeveralRunsAreReadAtOnceEachWithWhatIsItsOwn) {
  run([](Tables& tables, ScriptContext&) -> Result<> {
    for (const char* id : {"r1", "r2", "r3"}) {
      RunRow row;
      row.run_id = row.first_run_id = row.workflow_id = id;
      tables.insert_run(row);
    }
    for (const int64_t value : {2, 1}) {
      const Object attributes{{"value", value}};
      tables.insert_inbound("r1", "", {0, EventType::execution_signaled, value, attributes});
      tables.insert_timer("r3", {value, "t" + std::to_string(value), value * 100});
      ActivityRow activity;
      activity.scheduled_event_id = value;
      activity.scheduled = attributes;
      tables.insert_activity("r3", activity);
    }
    tables.insert_timer("r1", {first_task_timer, "", 7});
    tables.insert_timer("r3", {retry_timer(2), "", 7});
    return {};
  });
  run([](Tables& tables, ScriptContext&) -> Result<> {
    const std::vector<RunRow> rows = tables.find_runs({"r3", "nobody", "r1"});
    std::string found;
    for (const RunRow& row : rows) found += row.run_id + " ";
    EXPECT_EQ(found, "r3 r1 ");
    const std::vector<PendingRows> pending = tables.pending_of({"r3", "r2", "r1"});
    EXPECT_EQ(pending.size(), 3U);
    if (pending.size() != 3) return {};
    EXPECT_EQ(pending[0].inbound.size() + pending[1].inbound.size(), 0U);
    EXPECT_EQ(pending[1].activities.size() + pending[1].timers.size(), 0U);
    EXPECT_EQ(pending[2].activities.size() + pending[2].timers.size(), 0U);
    EXPECT_EQ(pending[0].activities.size(), 2U);
    EXPECT_EQ(integer_at(pending[0].activities.at(0).scheduled, "value"), 1);
    EXPECT_EQ(pending[0].activities.at(0).scheduled_event_id, 1);
    EXPECT_FALSE(pending[0].activities.at(0).awaited);
    EXPECT_TRUE(pending[0].activities.at(1).awaited);
    EXPECT_EQ(pending[0].timers.size(), 2U);
    EXPECT_EQ(pending[0].timers.at(1).timer_id, "t2");
    EXPECT_EQ(pending[2].inbound.size(), 2U);
    EXPECT_EQ(pending[2].inbound.at(0).time_ns, 2) << "in the order in which they came";
    EXPECT_TRUE(tables.find_runs({}).empty());
    EXPECT_TRUE(tables.pending_of({}).empty());
    return {};
  });
}

}  // namespace
}  // namespace trivium::units::workflows::testing
