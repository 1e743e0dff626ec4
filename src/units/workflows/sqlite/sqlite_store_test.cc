#include "units/workflows/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "units/workflows/sqlite/schema.h"
#include "units/workflows/store/scripts.h"
#include "units/workflows/testing/store_conformance.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

class Folder {
 public:
  Folder() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("trivium_sqlite_" + std::to_string(getpid()) + "_" + std::to_string(++count));
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file() const { return (path_ / "data" / "workflows.db").string(); }

 private:
  std::filesystem::path path_;
};

class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    store_ = std::move(*SqliteStore::open({folder_.file(), true, false}));
  }

 private:
  Folder folder_;
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<StoreUnderTest> make_sqlite() { return std::make_unique<SqliteUnderTest>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, ::testing::Values(&make_sqlite));

void execute(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

int64_t number_in(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  const int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

TEST(SqliteStore, RefusesWhatANewerRuntimeWrote) {
  const Folder folder;
  ASSERT_TRUE(SqliteStore::open({folder.file(), true, false}));
  execute(folder.file(), "UPDATE meta SET value = '999' WHERE key = 'schema_version'");
  const auto refused = SqliteStore::open({folder.file(), true, false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("schema version 999"));
}

// Opens the store, which brings it up to date, does the work in a transaction, and closes it.
void transact(const Folder& folder, const std::function<void(Tables&)>& work) {
  const auto store = SqliteStore::open({folder.file(), true, false});
  ASSERT_TRUE(store) << store.error().message;
  Job job{[&](Tables& tables) -> Result<> {
            work(tables);
            return {};
          },
          [](const Result<>& done) { EXPECT_TRUE(done); }};
  (*store)->run({&job, 1});
}

// "r1", whose first task has begun an activity.
void insert_begun_run(Tables& tables) {
  RunRow row;
  row.run_id = "r1";
  row.next_event_id = 5;
  row.last_task_started = 3;
  row.history_bytes = 77;
  tables.insert_run(row);
  tables.append_history("r1", 1, 4, "[]");
  ActivityRow activity;
  activity.scheduled_event_id = 4;
  tables.insert_activity("r1", activity);
}

#define WITHOUT_VERSION_5                                                                                 \
  "ALTER TABLE history DROP COLUMN task_started; ALTER TABLE history DROP COLUMN run_bytes; ALTER TABLE " \
  "history DROP COLUMN stand_ins;"

TEST(SqliteStore, BringsAStoreOfTheFirstVersionUpToDate) {
  const Folder folder;
  transact(folder, [](Tables& tables) {
    RunRow row;
    row.run_id = "r1";
    row.code_hash = "of bytecode";
    tables.insert_run(row);
  });
  execute(folder.file(),
          "DROP INDEX due_times; DROP INDEX parked_runs; CREATE INDEX open_runs ON runs (number) WHERE "
          "status = 0;"
          "ALTER TABLE runs DROP COLUMN refused_hash; ALTER TABLE runs DROP COLUMN stays_reason;"
          "ALTER TABLE sources DROP COLUMN unused_ns; ALTER TABLE activities DROP COLUMN "
          "heartbeat;" WITHOUT_VERSION_5 "UPDATE meta SET value = '1' WHERE key = 'schema_version'");
  transact(folder, [](Tables& tables) {
    const std::optional<RunRow> row = tables.run("r1");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->code_hash + row->refused_hash + row->stays_reason, "");
    EXPECT_TRUE(tables.sources().empty());
  });
}

TEST(SqliteStore, RunsOfTheThirdVersionAreDueWhenTheyWere) {
  const Folder folder;
  transact(folder, [](Tables& tables) {
    RunRow begun;
    begun.run_id = "r1";
    begun.last_task_started = 3;
    begun.run_deadline_ns = 700;
    RunRow delayed;
    delayed.run_id = "r2";
    delayed.first_task_ns = 500;
    RunRow fresh;
    fresh.run_id = "r3";
    fresh.started_ns = 300;
    RunRow closed = begun;
    closed.run_id = "r4";
    closed.status = RunStatus::completed;
    for (const RunRow& row : {begun, delayed, fresh, closed}) tables.insert_run(row);
  });
  execute(folder.file(),
          "DROP INDEX due_times; DROP INDEX parked_runs; CREATE INDEX open_runs ON runs (number) WHERE "
          "status = 0;" WITHOUT_VERSION_5 "UPDATE meta SET value = '3' WHERE key = 'schema_version'");
  transact(folder, [](Tables& tables) {
    const std::vector<Due> due{{300, "r3"}, {500, "r2"}, {700, "r1"}};
    EXPECT_EQ(tables.due_after({}, 10, nullptr).due, due);
  });
}

TEST(SqliteStore, RunsOfTheFourthVersionAreWhereTheyWere) {
  const Folder folder;
  transact(folder, insert_begun_run);
  execute(folder.file(), WITHOUT_VERSION_5 "UPDATE meta SET value = '4' WHERE key = 'schema_version'");
  transact(folder, [](Tables& tables) {
    const std::optional<RunRow> row = tables.run("r1");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->next_event_id, 5);
    EXPECT_EQ(row->last_task_started, 3);
    EXPECT_EQ(row->history_bytes, 77);
    EXPECT_EQ(tables.activities("r1").at(0).scheduled_event_id, 4);
  });
}

TEST(SqliteStore, WhatIsNoDatabaseIsAClearError) {
  const Folder folder;
  std::filesystem::create_directories(std::filesystem::path(folder.file()).parent_path());
  FILE* file = std::fopen(folder.file().c_str(), "w");
  std::fputs("this is a text that is certainly no database, and long enough to be looked at as one\n", file);
  std::fclose(file);
  const auto refused = SqliteStore::open({folder.file(), true, false});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("file is not a database"));
}

// A job that writes `bytes` of text; says how it ended.
std::optional<Error> write(Store& store, const std::string& key, size_t bytes) {
  std::optional<Error> error;
  std::vector<Job> jobs;
  jobs.push_back({[&](Tables& tables) -> Result<> {
                    tables.insert_source(key, "app:x", std::string(bytes, 'x'));
                    return {};
                  },
                  [&](Result<> done) {
                    if (!done) error = done.error();
                  }});
  store.run(jobs);
  return error;
}

TEST(SqliteStore, AFullDiskFailsTheGroupAndNothingElse) {
  const Folder folder;
  auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  EXPECT_FALSE(write(*store, "before", 100));
  store->limit_pages(40);
  const std::optional<Error> full = write(*store, "large", 1 << 20);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->kind, kind::unavailable);
  EXPECT_EQ(full->retryable, true);
  EXPECT_THAT(full->message, HasSubstr("database or disk is full"));
  store->limit_pages(1 << 20);
  EXPECT_FALSE(write(*store, "large", 1 << 20));
}

TEST(SqliteStore, AnOrdinaryTaskWritesItsBatchAndNothingElse) {
  const Folder folder;
  transact(folder, [](Tables& tables) {
    insert_begun_run(tables);
    TaskCommit commit;
    commit.run_id = "r1";
    commit.first_event_id = 5;
    commit.events = {{5, EventType::task_started, 0, {}, false, {}},
                     {6, EventType::activity_scheduled, 0, {}, false, {}}};
    commit.encoded = encode_events(commit.events);
    commit.task_started = 5;
    commit.closed_activities = {4};
    ScriptContext context;
    const int64_t before = tables.writes();
    EXPECT_TRUE(commit_task(tables, commit, context));
    EXPECT_EQ(tables.writes() - before, 1);
    EXPECT_EQ(tables.activities("r1").at(0).scheduled_event_id, 6);
  });
}

// Its last batch is not looked at, which may be long.
TEST(SqliteStore, TheRowOfAClosedRunTellsAll) {
  const Folder folder;
  transact(folder, [](Tables& tables) {
    RunRow row;
    row.run_id = "r1";
    tables.insert_run(row);
    tables.append_history("r1", 1, 4, "[]");
    row.status = RunStatus::completed;
    row.next_event_id = 5;
    tables.update_run(row);
  });
  execute(folder.file(), "UPDATE history SET task_started = 3, count = 9");
  transact(folder, [](Tables& tables) {
    EXPECT_EQ(tables.run("r1")->next_event_id, 5);
    EXPECT_EQ(tables.list_runs({}, 10, 0).at(0).next_event_id, 5);
  });
}

// --- the write-ahead log ----------------------------------------------------------------------------

void write_small(Store& store, int count) {
  for (int i = 0; i < count; ++i) {
    EXPECT_FALSE(write(store, std::to_string(i), 100));
    if (store.untidy()) store.tidy();
  }
}

uintmax_t size_of_log(const Folder& folder) { return std::filesystem::file_size(folder.file() + "-wal"); }

TEST(SqliteStore, CommitsOverwriteRoomInTheLog) {
  const Folder folder;
  const auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  write_small(*store, 1);
  const uintmax_t size = size_of_log(folder);
  write_small(*store, 10);
  EXPECT_EQ(size_of_log(folder), size);
}

// SQLite's own files, and how often somebody looked at the size of a log.
class LookedAt {
 public:
  LookedAt() : own_(sqlite3_vfs_find(nullptr)), files_(*own_) {
    files_.zName = "looked_at";
    files_.pAppData = own_;
    files_.xOpen = [](sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
      auto* own = static_cast<sqlite3_vfs*>(self->pAppData);
      const int code = own->xOpen(own, name, file, flags, out);
      if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
      own_size = file->pMethods->xFileSize;
      counting = *file->pMethods;
      counting.xFileSize = [](sqlite3_file* log, sqlite3_int64* size) {
        ++seen;
        return own_size(log, size);
      };
      file->pMethods = &counting;
      return code;
    };
    sqlite3_vfs_register(&files_, 1);
  }
  ~LookedAt() { sqlite3_vfs_unregister(&files_); }
  LookedAt(const LookedAt&) = delete;
  LookedAt& operator=(const LookedAt&) = delete;
  static int looks() { return seen; }

 private:
  static inline int seen = 0;
  static inline sqlite3_io_methods counting{};
  static inline int (*own_size)(sqlite3_file*, sqlite3_int64*) = nullptr;
  sqlite3_vfs* own_;
  sqlite3_vfs files_;
};

// Linux gives a file whose time of change was looked at a new one with the next write, and fdatasync then
// writes its inode besides the data: half as long again for every commit.
TEST(SqliteStore, CommitsDoNotLookAtTheLogsSize) {
  const LookedAt log;
  const Folder folder;
  const auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  write_small(*store, 1);
  const int before = LookedAt::looks();
  write_small(*store, 10);
  EXPECT_EQ(LookedAt::looks(), before);
}

TEST(SqliteStore, RoomInTheLogOfACrashedRuntimeIsNoData) {
  const Folder folder;
  const Folder crashed;
  const auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  write_small(*store, 5);
  std::filesystem::create_directories(std::filesystem::path(crashed.file()).parent_path());
  for (const char* part : {"", "-wal"}) {
    std::filesystem::copy_file(folder.file() + part, crashed.file() + part);
  }
  const auto again = SqliteStore::open({crashed.file(), true, false});
  ASSERT_TRUE(again);
  EXPECT_FALSE(write(**again, "after", 100));
  EXPECT_EQ(number_in(crashed.file(), "SELECT count(*) FROM sources"), 6);
}

// What readers keep it from moving stays until there is more.
TEST(SqliteStore, ALongLogIsUntidyOnce) {
  const Folder folder;
  const auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  EXPECT_FALSE(write(*store, "small", 100));
  EXPECT_FALSE(store->untidy());
  EXPECT_FALSE(write(*store, "large", 20 << 20));
  EXPECT_TRUE(store->untidy());
  store->tidy();
  EXPECT_FALSE(store->untidy());
}

TEST(SqliteStore, ALongLogIsMovedIntoTheDatabase) {
  const Folder folder;
  const auto store = std::move(*SqliteStore::open({folder.file(), true, false}));
  write_small(*store, 6000);
  EXPECT_LT(size_of_log(folder), 32U << 20);
  EXPECT_GT(std::filesystem::file_size(folder.file()), 100U << 10);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
