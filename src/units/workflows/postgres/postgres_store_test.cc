#include "units/workflows/postgres/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/clock.h"
#include "units/workflows/postgres/operator.h"
#include "units/workflows/postgres/sql_error.h"
#include "units/workflows/testing/attempts_conformance.h"
#include "units/workflows/testing/postgres_server.h"
#include "units/workflows/testing/shared_conformance.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() { reopen(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = std::move(*PostgresStore::open(server_.options()));
  }

 private:
  PostgresServer server_;
  std::unique_ptr<PostgresStore> store_;
};

std::unique_ptr<StoreUnderTest> make_postgres() { return std::make_unique<PostgresUnderTest>(); }

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, ::testing::Values(&make_postgres));

using Work = std::function<Result<>(Tables&)>;

Result<> run(Store& store, Work work) {
  Result<> outcome;
  Job job{std::move(work), [&](Result<> done) { outcome = std::move(done); }};
  store.run({&job, 1});
  return outcome;
}

std::vector<Result<>> run_all(Store& store, std::vector<Work> works) {
  std::vector<Result<>> outcomes(works.size());
  std::vector<Job> jobs;
  jobs.reserve(works.size());
  for (size_t i = 0; i < works.size(); ++i) {
    jobs.push_back({std::move(works[i]), [&outcomes, i](Result<> done) { outcomes[i] = std::move(done); }});
  }
  store.run(jobs);
  return outcomes;
}

RunRow run_row(const std::string& run_id, const std::string& workflow_id, const std::string& owner = "") {
  RunRow row;
  row.run_id = run_id;
  row.first_run_id = run_id;
  row.workflow_id = workflow_id;
  row.task_queue = "queue";
  row.type = "app:wf";
  row.owner = owner;
  return row;
}

Work insert(const RunRow& row) {
  return [row](Tables& tables) -> Result<> {
    tables.insert_run(row);
    return {};
  };
}

RuntimeRow runtime(const std::string& id) { return {id, "test", "queue", "worker", {"app:wf"}}; }

class PostgresShared : public ::testing::Test {
 protected:
  PostgresShared() {
    PostgresOptions options = server_.options();
    options.lease = std::chrono::milliseconds(1000);
    a_ = std::move(*PostgresStore::open(options));
    b_ = std::move(*PostgresStore::open(options));
  }
  Result<> shared(Store& store, const std::function<void(SharedTables&)>& work) {
    return run(store, [&](Tables& tables) -> Result<> {
      work(*tables.shared());
      return {};
    });
  }

  const Duration lease_ = std::chrono::milliseconds(1000);
  PostgresServer server_;
  std::unique_ptr<PostgresStore> a_;
  std::unique_ptr<PostgresStore> b_;
};

class PostgresSharedUnderTest final : public SharedStoresUnderTest {
 public:
  PostgresSharedUnderTest() {
    PostgresOptions options = server_.options();
    options.lease = std::chrono::milliseconds(1000);
    a_ = std::move(*PostgresStore::open(options));
    b_ = std::move(*PostgresStore::open(options));
  }
  Store& a() override { return *a_; }
  Store& b() override { return *b_; }
  void make_silent(const std::string& runtime_id, Duration silent, Duration over) override {
    const auto ago = [](Duration time) {
      return "clock_timestamp() - interval '" + std::to_string(time / std::chrono::milliseconds(1)) + " ms'";
    };
    server_.sql("UPDATE runtimes SET renewed_at = " + ago(silent) + ", lease_until = " + ago(over) +
                " WHERE id = '" + runtime_id + "'");
  }
  void end_session_of_a() override { a_.reset(); }
  void restart_server() override {
    server_.kill();
    server_.start();
  }
  void wait_until_old() override {
    while (server_.sql("SELECT clock_timestamp() > pg_postmaster_start_time() + interval '1 second'") !=
           "t") {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  PostgresServer server_;
  std::unique_ptr<PostgresStore> a_;
  std::unique_ptr<PostgresStore> b_;
};

std::unique_ptr<SharedStoresUnderTest> make_postgres_shared() {
  return std::make_unique<PostgresSharedUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Postgres, SharedConformance, ::testing::Values(&make_postgres_shared));
INSTANTIATE_TEST_SUITE_P(Postgres, AttemptsConformance, ::testing::Values(&make_postgres_shared));

TEST(PostgresSchema, RefusesWhatANewerRuntimeWrote) {
  const PostgresServer server;
  ASSERT_TRUE(PostgresStore::open(server.options()));
  server.sql("UPDATE meta SET value = '999' WHERE key = 'schema_version'");
  const auto refused = PostgresStore::open(server.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("schema version 999"));
  EXPECT_THAT(refused.error().message, HasSubstr("use the newer runtime"));
}

TEST(PostgresSchema, BringsAStoreOfTheFirstVersionUpToDate) {
  const PostgresServer server;
  RunRow row = run_row("r1", "wf");
  row.code_hash = "of bytecode";
  ASSERT_TRUE(run(**PostgresStore::open(server.options()), insert(row)));
  server.sql(
      "DROP TABLE attempts; DROP INDEX due_times, parked_runs;"
      "ALTER TABLE runs DROP COLUMN refused_hash, DROP COLUMN stays_reason;"
      "ALTER TABLE sources DROP COLUMN unused_ns; ALTER TABLE activities DROP COLUMN heartbeat;"
      "UPDATE meta SET value = '1' WHERE key = 'schema_version'");
  const auto store = PostgresStore::open(server.options());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE(run(**store, [](Tables& tables) -> Result<> {
    const std::optional<RunRow> found = tables.run("r1");
    EXPECT_TRUE(found);
    EXPECT_EQ(found->code_hash + found->refused_hash + found->stays_reason, "");
    EXPECT_TRUE(tables.sources().empty());
    EXPECT_TRUE(tables.shared()->attempts({"r1"}).empty());
    return {};
  }));
}

TEST(PostgresSchema, RunsOfTheThirdVersionAreDueWhenTheyWere) {
  const PostgresServer server;
  RunRow begun = run_row("r1", "one", "");
  begun.last_task_started = 3;
  begun.run_deadline_ns = 700;
  RunRow delayed = run_row("r2", "two", "A");
  delayed.first_task_ns = 500;
  RunRow fresh = run_row("r3", "three", "");
  fresh.started_ns = 300;
  for (const RunRow& row : {begun, delayed, fresh}) {
    ASSERT_TRUE(run(**PostgresStore::open(server.options()), insert(row)));
  }
  server.sql(
      "DROP TABLE attempts; DROP INDEX due_times, parked_runs; UPDATE meta SET value = '3' WHERE key = "
      "'schema_version'");
  const auto store = PostgresStore::open(server.options());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE(run(**store, [](Tables& tables) -> Result<> {
    const std::vector<Due> due{{300, "r3"}, {500, "r2"}, {700, "r1"}};
    EXPECT_EQ(tables.due_after({}, 10, nullptr).due, due);
    EXPECT_EQ(tables.run("r1")->owner, "gone") << "it is nobody's, but not new";
    EXPECT_EQ(tables.run("r2")->owner, "A");
    EXPECT_EQ(tables.run("r3")->owner, "");
    return {};
  }));
}

TEST(PostgresSchema, ManyMayCreateItAtOnce) {
  const PostgresServer server;
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto store = PostgresStore::open(server.options());
      EXPECT_TRUE(store) << store.error().message;
      opened += store ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 8);
}

TEST(PostgresSchema, TheCommandLineDoesNotCreateIt) {
  const PostgresServer server;
  const auto refused = open_postgres_operator(server.options(), system_clock(), system_random());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("start a runtime on it first"));
}

TEST(PostgresErrors, SayWhatToDo) {
  PostgresOptions nowhere;
  nowhere.host = "/tmp/no-server-here";
  nowhere.database = "trivium";
  const auto refused = PostgresStore::open(nowhere);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("is the server running there?"));

  const PostgresServer server;
  PostgresOptions other = server.options();
  other.database = "missing";
  EXPECT_THAT(PostgresStore::open(other).error().message, HasSubstr("createdb"));
  server.sql("CREATE ROLE poor LOGIN");
  PostgresOptions poor = server.options();
  poor.user = "poor";
  EXPECT_THAT(PostgresStore::open(poor).error().message, HasSubstr("grant the user CREATE"));
}

TEST(PostgresErrors, AreSortedByWhatCanBeDone) {
  for (const char* lost : {"", "08006", "57P01", "57P02", "25P03"}) {
    EXPECT_EQ(classify(lost), SqlError::Class::lost) << lost;
  }
  for (const char* again : {"40001", "40P01", "55P03", "23505"}) {
    EXPECT_EQ(classify(again), SqlError::Class::retryable) << again;
  }
  for (const char* fatal : {"42P01", "28P01", "22021", "53100"}) {
    EXPECT_EQ(classify(fatal), SqlError::Class::fatal) << fatal;
  }
}

TEST_F(PostgresShared, OneThatPostgresRefusesHarmsNobodyElse) {
  const std::vector<Result<>> outcomes =
      run_all(*a_, {insert(run_row("r1", "one")), insert(run_row("r2", std::string("a\xff", 2))),
                    insert(run_row("r3", "three"))});
  EXPECT_TRUE(outcomes[0]);
  ASSERT_FALSE(outcomes[1]);
  EXPECT_EQ(outcomes[1].error().kind, kind::invalid);
  EXPECT_TRUE(outcomes[2]);
  EXPECT_EQ(server_.sql("SELECT count(*) FROM runs"), "2");
}

TEST_F(PostgresShared, AJobThatFailsLeavesNothingEvenIfItHadRead) {
  const std::vector<Result<>> outcomes = run_all(*a_, {insert(run_row("r1", "one")),
                                                       [](Tables& tables) -> Result<> {
                                                         tables.insert_run(run_row("r2", "two"));
                                                         EXPECT_EQ(tables.list_runs({}, 10, 0).size(), 2U);
                                                         return fail(kind::not_found, "no");
                                                       },
                                                       [](Tables& tables) -> Result<> {
                                                         EXPECT_EQ(tables.list_runs({}, 10, 0).size(), 1U);
                                                         EXPECT_FALSE(tables.run("r2"));
                                                         return {};
                                                       }});
  EXPECT_FALSE(outcomes[1]);
  EXPECT_EQ(server_.sql("SELECT string_agg(run_id, ',') FROM runs"), "r1");
}

TEST_F(PostgresShared, TwoCannotOpenOneWorkflow) {
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) {
      (void)run(*b_, [i](Tables& tables) -> Result<> {
        if (!tables.current_run("wf" + std::to_string(i)))
          tables.insert_run(run_row("b" + std::to_string(i), "wf" + std::to_string(i)));
        return {};
      });
    }
  });
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(run(*a_, [i](Tables& tables) -> Result<> {
      if (!tables.current_run("wf" + std::to_string(i)))
        tables.insert_run(run_row("a" + std::to_string(i), "wf" + std::to_string(i)));
      return {};
    }));
  }
  other.join();
  EXPECT_EQ(server_.sql("SELECT count(*) FROM runs"), "50");
}

TEST_F(PostgresShared, GoesOnAfterTheServerWasRestarted) {
  EXPECT_TRUE(run(*a_, insert(run_row("r1", "one"))));
  server_.kill();
  const Result<> away = run(*a_, insert(run_row("r2", "two")));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().kind, kind::unavailable);
  EXPECT_EQ(away.error().retryable, true);
  server_.start();
  EXPECT_TRUE(run(*a_, insert(run_row("r3", "three"))));
  EXPECT_EQ(server_.sql("SELECT string_agg(run_id, ',' ORDER BY run_id) FROM runs"), "r1,r3");
}

TEST_F(PostgresShared, ARestartNobodyWasThereForIsNotNoticed) {
  EXPECT_TRUE(run(*a_, insert(run_row("r1", "one"))));
  server_.kill();
  server_.start();
  EXPECT_TRUE(run(*a_, insert(run_row("r2", "two"))));
}

TEST_F(PostgresShared, TheCommandLineReachesTheRunsOfOthers) {
  shared(*a_, [&](SharedTables& tables) { tables.join(runtime("A"), lease_); });
  run(*a_, insert(run_row("r1", "one", "A")));
  const auto outside = open_postgres_operator(server_.options(), system_clock(), system_random());
  ASSERT_TRUE(outside) << outside.error().message;
  EXPECT_TRUE((*outside)->signal("one", {"go", "", encode_values({Value(7)})}));
  EXPECT_EQ((*outside)->signal("two", {"go", "", encode_values({Value(7)})}).error().kind, kind::not_found);
  shared(*a_, [](SharedTables& tables) {
    EXPECT_EQ(tables.take_wakeups("A"), std::vector<std::string>{"r1"});
    EXPECT_TRUE(tables.take_wakeups("A").empty());
  });
}

}  // namespace
}  // namespace trivium::units::workflows::testing
