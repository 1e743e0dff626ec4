#include "units/workflows/testing/store_conformance.h"

#include <gmock/gmock.h>

namespace trivium::units::workflows::testing {

using ::testing::HasSubstr;

std::vector<Result<>> StoreConformance::run_all(std::vector<Script> scripts) {
  std::vector<Job> jobs;
  std::vector<Result<>> outcomes(scripts.size(), Result<>(fail(kind::internal, "not called")));
  changes = {};
  for (size_t i = 0; i < scripts.size(); ++i) {
    auto context = std::make_shared<ScriptContext>();
    context->now_ns = now_ns;
    context->new_run_id = [this] { return "made-" + std::to_string(++ids_); };
    jobs.push_back({[context, script = scripts[i]](Tables& tables) {
                      context->changes = {};
                      return script(tables, *context);
                    },
                    [this, context, &outcome = outcomes[i]](Result<> done) {
                      outcome = std::move(done);
                      changes = std::move(context->changes);
                    }});
  }
  store().run(jobs);
  return outcomes;
}

Result<> StoreConformance::run(Script script) { return run_all({std::move(script)}).front(); }

RunStart StoreConformance::start_of(const std::string& run_id) {
  RunStart start;
  start.workflow_id = "wf";
  start.run_id = run_id;
  start.worker = "worker";
  start.started =
      Object{{"workflow_type", Object{{"name", "app:wf"}}}, {"task_queue", Object{{"name", "queue"}}}};
  return start;
}

void StoreConformance::start(const std::string& run_id) {
  const Result<> started = run([&](Tables& tables, ScriptContext& context) -> Result<> {
    const Result<Started> done = start_run(tables, start_of(run_id), context);
    if (!done) return fail(done.error());
    return {};
  });
  ASSERT_TRUE(started) << started.error().message;
}

TaskCommit StoreConformance::task_of(const std::string& run_id, std::vector<Event> commands) {
  TaskCommit commit;
  commit.run_id = run_id;
  commit.first_event_id = 2;
  commit.events = {{2, EventType::task_scheduled, now_ns, {}, false, {}},
                   {3, EventType::task_started, now_ns, {}, false, {}},
                   {4, EventType::task_completed, now_ns, {}, false, {}}};
  for (Event& command : commands) {
    command.id = commit.events.back().id + 1;
    command.time_ns = now_ns;
    commit.events.push_back(std::move(command));
  }
  commit.encoded = encode_events(commit.events);
  commit.task_started = 3;
  return commit;
}

Event StoreConformance::command(EventType type, Object attributes) {
  return {0, type, 0, std::move(attributes), false, {}};
}

namespace {

TEST_P(StoreConformance, KeepsARunAndItsHistory) {
  start("r1");
  reopen();
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext&) -> Result<> {
    const std::optional<RunRow> row = tables.current_run("wf");
    EXPECT_TRUE(row);
    EXPECT_EQ(row->run_id, "r1");
    EXPECT_EQ(row->type, "app:wf");
    EXPECT_EQ(row->next_event_id, 2);
    std::vector<Event> events;
    for (const std::string& batch : tables.history("r1", 1, -1)) EXPECT_TRUE(decode_events(batch, events));
    EXPECT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, EventType::execution_started);
    EXPECT_EQ(text_at(events[0].attributes, "workflow_type.name"), "app:wf");
    return {};
  }));
}

TEST_P(StoreConformance, AJobThatFailsLeavesNothingAndHarmsNobody) {
  const std::vector<Result<>> outcomes = run_all({
      [&](Tables& tables, ScriptContext& context) -> Result<> {
        (void)start_run(tables, start_of("r1"), context);
        return fail(kind::invalid, "changed my mind");
      },
      [&](Tables& tables, ScriptContext&) -> Result<> {
        EXPECT_FALSE(tables.current_run("wf"));
        tables.insert_source("hash", "app:wf", "return 1");
        return {};
      },
  });
  EXPECT_EQ(outcomes[0].error().message, "changed my mind");
  EXPECT_TRUE(outcomes[1]);
}

TEST_P(StoreConformance, ATaskIsCommittedWhole) {
  start("r1");
  const TaskCommit commit = task_of(
      "r1", {command(EventType::activity_scheduled, Object{{"activity_id", "5"}}),
             command(EventType::timer_started, Object{{"timer_id", "6"}, {"start_to_fire_timeout", 500}})});
  EXPECT_TRUE(
      run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, commit, context); }));
  reopen();
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.run("r1")->next_event_id, 7);
    EXPECT_EQ(tables.activities("r1").at(0).scheduled_event_id, 5);
    EXPECT_EQ(tables.timers("r1").at(0).due_ns, now_ns + 500);
    EXPECT_EQ(tables.history("r1", 3, -1).size(), 1U);
    return {};
  });
}

TEST_P(StoreConformance, ATaskOfAnOlderStateIsRefused) {
  start("r1");
  const TaskCommit commit = task_of("r1", {});
  const auto script = [&](Tables& tables, ScriptContext& context) {
    return commit_task(tables, commit, context);
  };
  EXPECT_TRUE(run(script));
  EXPECT_EQ(run(script).error().kind, kind::conflict);
}

// What would be the next task after one of three events.
TaskCommit after_three(TaskCommit commit) {
  for (Event& event : commit.events) event.id += 3;
  commit.encoded = encode_events(commit.events);
  commit.first_event_id += 3;
  commit.task_started += 3;
  commit.code_before = commit.code.hash;
  return commit;
}

TEST_P(StoreConformance, LaterTasksAreCheckedAndTakeEffectLikeTheFirst) {
  start("r1");
  const auto commit = [&](const TaskCommit& task) {
    return run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, task, context); });
  };
  ASSERT_TRUE(commit(task_of("r1", {})));
  int64_t before = 0;
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    RunRow row = *tables.run("r1");
    before = row.history_bytes;
    row.refused_hash = "newer";
    row.stays_reason = "differs";
    tables.update_run(row);
    return {};
  });
  TaskCommit next = after_three(task_of("r1", {command(EventType::activity_scheduled)}));
  next.newest = false;
  const auto expect_refused = [&](auto change) {
    TaskCommit other = next;
    change(other);
    EXPECT_EQ(commit(other).error().kind, kind::conflict);
  };
  expect_refused([](TaskCommit& other) { other.fence = 1; });
  expect_refused([](TaskCommit& other) { other.first_event_id = 2; });
  expect_refused([](TaskCommit& other) { other.code_before = other.code.hash = "other"; });
  ASSERT_TRUE(commit(next));
  expect_refused([](TaskCommit&) {});
  reopen();
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    const RunRow row = *tables.run("r1");
    EXPECT_EQ(row.next_event_id, next.events.back().id + 1);
    EXPECT_EQ(row.last_task_started, next.task_started);
    EXPECT_EQ(row.refused_hash, "newer");
    EXPECT_EQ(row.history_bytes, before + static_cast<int64_t>(next.encoded.size()));
    EXPECT_EQ(tables.activities("r1").at(0).scheduled_event_id, next.events.back().id);
    return {};
  });
  TaskCommit last = after_three(after_three(task_of("r1", {})));
  last.first_event_id += 1;
  for (Event& event : last.events) event.id += 1;
  last.closed_activities = {next.events.back().id};
  ASSERT_TRUE(commit(last));
  run([](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_TRUE(tables.run("r1")->refused_hash.empty());
    EXPECT_TRUE(tables.run("r1")->stays_reason.empty());
    EXPECT_TRUE(tables.activities("r1").empty());
    return {};
  });
}

TEST_P(StoreConformance, AJobThatFailsAloneLeavesNothing) {
  const Result<> failed = run([&](Tables& tables, ScriptContext& context) -> Result<> {
    (void)start_run(tables, start_of("r1"), context);
    return fail(kind::invalid, "changed my mind");
  });
  EXPECT_EQ(failed.error().message, "changed my mind");
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_FALSE(tables.current_run("wf"));
    return {};
  });
}

TEST_P(StoreConformance, AChildMayTakeTheIdOfARunThatEnds) {
  start("r1");
  const TaskCommit commit = task_of(
      "r1", {command(EventType::child_initiated, Object{{"workflow_id", "wf"},
                                                        {"workflow_id_reuse_policy", "terminate_if_running"},
                                                        {"parent_close_policy", "abandon"},
                                                        {"workflow_type", Object{{"name", "app:wf"}}},
                                                        {"task_queue", Object{{"name", "queue"}}}}),
             command(EventType::execution_completed)});
  const Result<> done =
      run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, commit, context); });
  EXPECT_TRUE(done) << done.error().message;
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.run("r1")->status, RunStatus::terminated);
    EXPECT_EQ(tables.current_run("wf")->parent_run_id, "r1");
    EXPECT_EQ(tables.current_run("wf")->status, RunStatus::running);
    return {};
  });
}

TEST_P(StoreConformance, ALostLeaseIsRefused) {
  start("r1");
  run([](Tables& tables, ScriptContext&) -> Result<> {
    RunRow row = *tables.run("r1");
    row.fence = 1;
    tables.update_run(row);
    return {};
  });
  TaskCommit commit = task_of("r1", {});
  const auto script = [&](Tables& tables, ScriptContext& context) {
    return commit_task(tables, commit, context);
  };
  EXPECT_EQ(run(script).error().kind, kind::conflict);
  commit.fence = 1;
  EXPECT_TRUE(run(script));
}

TEST_P(StoreConformance, ARunDoesNotEndWhileEventsWait) {
  start("r1");
  EXPECT_TRUE(run([](Tables& tables, ScriptContext& context) {
    return post(tables, "wf", "", "", {0, EventType::execution_signaled, 0, Object{{"signal_name", "x"}}},
                context);
  }));
  const int64_t sequence = changes.posted.at(0).inbound.sequence;
  TaskCommit commit = task_of("r1", {command(EventType::execution_completed)});
  const auto script = [&](Tables& tables, ScriptContext& context) {
    return commit_task(tables, commit, context);
  };
  EXPECT_EQ(run(script).error().message, "UNHANDLED_COMMAND");
  commit.consumed = {sequence};
  EXPECT_TRUE(run(script));
  EXPECT_EQ(changes.closed.at(0).status, RunStatus::completed);
}

TEST_P(StoreConformance, WaitingEventsKeepTheirOrderAndRequestsCountOnce) {
  start("r1");
  for (const char* request : {"a", "b", "a", "", ""}) {
    run([&](Tables& tables, ScriptContext& context) {
      return post(tables, "wf", "", request,
                  {0, EventType::execution_signaled, 0, Object{{"signal_name", request}}}, context);
    });
  }
  reopen();
  run([](Tables& tables, ScriptContext&) -> Result<> {
    std::string order;
    for (const InboundRow& inbound : tables.inbound("r1")) {
      order += std::string(text_at(inbound.attributes, "signal_name")) + ".";
    }
    EXPECT_EQ(order, "a.b...");
    return {};
  });
}

TEST_P(StoreConformance, AChildStartsWithItsParentsTaskAndReportsOnce) {
  start("r1");
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) {
    return commit_task(tables,
                       task_of("r1", {command(EventType::child_initiated,
                                              Object{{"workflow_id", "kid"},
                                                     {"workflow_type", Object{{"name", "app:kid"}}},
                                                     {"task_queue", Object{{"name", "queue"}}}})}),
                       context);
  }));
  ASSERT_EQ(changes.started.size(), 1U);
  EXPECT_EQ(changes.posted.at(0).inbound.type, EventType::child_started);
  TaskCommit end = task_of(changes.started[0].run_id, {command(EventType::execution_completed)});
  EXPECT_TRUE(run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, end, context); }));
  EXPECT_EQ(changes.posted.at(0).run_id, "r1");
  EXPECT_EQ(changes.posted.at(0).inbound.type, EventType::child_completed);
  EXPECT_EQ(run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, end, context); })
                .error()
                .kind,
            kind::conflict);
}

TEST_P(StoreConformance, TheEndOfAParentEndsItsChildren) {
  start("r1");
  run([&](Tables& tables, ScriptContext& context) {
    return commit_task(tables,
                       task_of("r1", {command(EventType::child_initiated, Object{{"workflow_id", "kid"}})}),
                       context);
  });
  EXPECT_TRUE(run([](Tables& tables, ScriptContext& context) {
    return close_from_outside(tables, "wf", "", EventType::execution_terminated, {}, context);
  }));
  EXPECT_EQ(changes.closed.size(), 2U);
  run([](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.current_run("kid")->status, RunStatus::terminated);
    RunFilter open;
    open.status = RunStatus::running;
    EXPECT_TRUE(tables.list_runs(open, 10, 0).empty());
    return {};
  });
}

TEST_P(StoreConformance, ActivitiesRememberTheirAttempts) {
  start("r1");
  run([&](Tables& tables, ScriptContext& context) {
    return commit_task(tables, task_of("r1", {command(EventType::activity_scheduled)}), context);
  });
  run([](Tables& tables, ScriptContext&) -> Result<> {
    ActivityRow row = tables.activities("r1").at(0);
    row.attempt = 4;
    row.next_attempt_ns = 77;
    row.last_failure = "{}";
    tables.update_activity("r1", row);
    return {};
  });
  reopen();
  run([](Tables& tables, ScriptContext&) -> Result<> {
    const ActivityRow row = tables.activities("r1").at(0);
    EXPECT_EQ(row.attempt, 4);
    EXPECT_EQ(row.next_attempt_ns, 77);
    tables.delete_activity("r1", row.scheduled_event_id);
    EXPECT_TRUE(tables.activities("r1").empty());
    return {};
  });
}

TEST_P(StoreConformance, ClosedRunsGoWhenTheirTimeIsOver) {
  start("r1");
  run([](Tables& tables, ScriptContext& context) {
    return close_from_outside(tables, "wf", "", EventType::execution_terminated, {}, context);
  });
  start("r2");
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.delete_closed_runs(now_ns, 10), 0);
    EXPECT_EQ(tables.delete_closed_runs(now_ns + 1, 10), 1);
    EXPECT_FALSE(tables.run("r1"));
    EXPECT_TRUE(tables.history("r1", 1, -1).empty());
    EXPECT_TRUE(tables.run("r2"));
    return {};
  });
}

TEST_P(StoreConformance, ListsTheNewestFirst) {
  for (const char* id : {"r1", "r2", "r3"}) {
    start(id);
    if (std::string(id) == "r3") break;
    run([](Tables& tables, ScriptContext& context) {
      return close_from_outside(tables, "wf", "", EventType::execution_terminated, {}, context);
    });
  }
  run([](Tables& tables, ScriptContext&) -> Result<> {
    const std::vector<RunRow> all = tables.list_runs({}, 2, 0);
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].run_id, "r3");
    RunFilter filter;
    filter.status = RunStatus::terminated;
    EXPECT_EQ(tables.list_runs(filter, 10, 0).size(), 2U);
    EXPECT_EQ(tables.list_runs(filter, 10, 1).size(), 1U);
    filter.type = "app:other";
    EXPECT_TRUE(tables.list_runs(filter, 10, 0).empty());
    return {};
  });
}

TEST_P(StoreConformance, ListsByTypeTimeAndWhetherParked) {
  start("r1");
  const int64_t first = now_ns;
  now_ns += 1000;
  run([](Tables& tables, ScriptContext&) -> Result<> {
    RunRow row = *tables.run("r1");
    row.parked = "why";
    tables.update_run(row);
    return {};
  });
  run([&](Tables& tables, ScriptContext&) -> Result<> {
    const auto count = [&](auto&& narrow) {
      RunFilter filter;
      narrow(filter);
      return tables.list_runs(filter, 10, 0).size();
    };
    const std::string type = tables.run("r1")->type;
    EXPECT_EQ(count([&](RunFilter& filter) { filter.type = type; }), 1U);
    EXPECT_EQ(count([](RunFilter& filter) { filter.parked = true; }), 1U);
    EXPECT_EQ(count([&](RunFilter& filter) { filter.started_from_ns = first; }), 1U);
    EXPECT_EQ(count([&](RunFilter& filter) { filter.started_from_ns = first + 1; }), 0U);
    EXPECT_EQ(count([&](RunFilter& filter) { filter.started_before_ns = first; }), 0U);
    EXPECT_EQ(count([&](RunFilter& filter) { filter.started_before_ns = first + 1; }), 1U);
    return {};
  });
}

// --- code -------------------------------------------------------------------------------------------

CodeText code_text(const std::string& hash) {
  return {hash, "app:wf", std::make_shared<const std::string>("text of " + hash)};
}

TEST_P(StoreConformance, KeepsTheTextOfCodeOnce) {
  for (const char* text : {"first", "second"}) {
    EXPECT_TRUE(run([&](Tables& tables, ScriptContext&) -> Result<> {
      tables.insert_source("h1", "app:wf", text);
      tables.insert_source("h1", "app:wf", text);
      return {};
    }));
  }
  reopen();
  run([](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.source("h1"), "first");
    EXPECT_FALSE(tables.source("h2"));
    EXPECT_EQ(tables.sources().size(), 1U);
    return {};
  });
}

TEST_P(StoreConformance, ARunBeginsWithTheTextOfItsCode) {
  const Result<> started = run([&](Tables& tables, ScriptContext& context) -> Result<> {
    context.code_of = [](const std::string& type) -> std::optional<CodeText> {
      EXPECT_EQ(type, "app:wf");
      return code_text("h1");
    };
    (void)start_run(tables, start_of("r1"), context);
    return {};
  });
  ASSERT_TRUE(started);
  EXPECT_EQ(changes.sources, std::vector<std::string>{"h1"});
  reopen();
  TaskCommit commit = task_of("r1", {});
  commit.code = code_text("h2");
  const auto script = [&](Tables& tables, ScriptContext& context) {
    EXPECT_EQ(tables.run("r1")->code_hash, "h1");
    EXPECT_EQ(tables.source("h1"), "text of h1");
    return commit_task(tables, commit, context);
  };
  // The run was on other code than whoever commits believes.
  EXPECT_EQ(run(script).error().kind, kind::conflict);
  commit.code_before = "h1";
  EXPECT_TRUE(run(script));
  run([](Tables& tables, ScriptContext&) -> Result<> {
    EXPECT_EQ(tables.run("r1")->code_hash, "h2");
    EXPECT_EQ(tables.source("h2"), "text of h2");
    return {};
  });
}

TEST_P(StoreConformance, ARunRemembersWhatItRefused) {
  start("r1");
  run([](Tables& tables, ScriptContext&) -> Result<> {
    note_stay(tables, "r1", 0, "other", "h2", "it changed meanwhile");
    EXPECT_EQ(tables.run("r1")->stays_reason, "");
    note_stay(tables, "r1", 0, "", "h2", "it does not fit");
    return {};
  });
  reopen();
  TaskCommit commit = task_of("r1", {});
  commit.newest = false;
  EXPECT_TRUE(
      run([&](Tables& tables, ScriptContext& context) { return commit_task(tables, commit, context); }));
  run([&](Tables& tables, ScriptContext& context) -> Result<> {
    const RunRow row = *tables.run("r1");
    EXPECT_EQ(row.refused_hash, "h2");
    EXPECT_EQ(row.stays_reason, "it does not fit");
    CodeChange change{"wf", "r1", row.next_event_id - 1, code_text("h3")};
    EXPECT_EQ(change_code(tables, change, context).error().kind, kind::conflict);
    change.next_event_id = row.next_event_id;
    const CodeChange read = code_change_of("wf", attributes_of(change));
    EXPECT_TRUE(change_code(tables, read, context));
    return {};
  });
  ASSERT_EQ(changes.retried.size(), 1U);
  EXPECT_EQ(changes.retried[0].run_id, "r1");
  run([](Tables& tables, ScriptContext&) -> Result<> {
    const RunRow row = *tables.run("r1");
    EXPECT_EQ(row.code_hash + row.refused_hash + row.stays_reason, "h3" + std::string(moved_by_hand));
    EXPECT_EQ(tables.source("h3"), "text of h3");
    return {};
  });
}

TEST_P(StoreConformance, CodeGoesWhenNoOpenRunWasOnItForLong) {
  start("r1");
  const auto sweep = [&](bool others) {
    run([&](Tables& tables, ScriptContext& context) -> Result<> {
      context.others = others;
      sweep_sources(tables, {"current"}, 100, context);
      return {};
    });
  };
  const auto kept = [&] {
    std::string hashes;
    run([&](Tables& tables, ScriptContext&) -> Result<> {
      hashes.clear();
      for (const SourceRow& source : tables.sources()) hashes += source.hash + " ";
      return {};
    });
    return hashes;
  };
  run([](Tables& tables, ScriptContext&) -> Result<> {
    for (const char* hash : {"current", "used", "gone"}) tables.insert_source(hash, "app:wf", "text");
    RunRow row = *tables.run("r1");
    row.code_hash = "used";
    tables.update_run(row);
    return {};
  });
  sweep(false);
  now_ns += 100;
  sweep(false);
  EXPECT_EQ(kept(), "current gone used ");
  now_ns += 1;
  sweep(true);  // another runtime may count on it for a while
  EXPECT_EQ(kept(), "current gone used ");
  sweep(false);
  EXPECT_EQ(kept(), "current used ");
  run([](Tables& tables, ScriptContext& context) {
    return close_from_outside(tables, "wf", "", EventType::execution_terminated, {}, context);
  });
  sweep(false);
  EXPECT_EQ(kept(), "current used ");
  now_ns += 101;
  sweep(true);
  EXPECT_EQ(kept(), "current used ");
  now_ns += std::chrono::nanoseconds(std::chrono::hours(24)).count();
  sweep(true);
  EXPECT_EQ(kept(), "current ");
}

}  // namespace
}  // namespace trivium::units::workflows::testing
