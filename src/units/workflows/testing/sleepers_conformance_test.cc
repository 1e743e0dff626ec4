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

}  // namespace
}  // namespace trivium::units::workflows::testing
