#include "units/workflows/sqlite/sqlite_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "units/workflows/sqlite/owner_lock.h"
#include "units/workflows/sqlite/schema.h"
#include "units/workflows/sqlite/sqlite_tables.h"
#include "units/workflows/sqlite/write_ahead_log.h"

namespace trivium::units::workflows {
namespace {

// Before the library's first use: nobody asks it how much memory it has taken, and counting it costs a lock
// at every allocation. Refused, and harmless, when something else has used it before.
void do_without_statistics() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
}

Error unavailable(std::string message) {
  Error error = Error::of(kind::unavailable, std::move(message));
  error.retryable = true;
  return error;
}

}  // namespace

class SqliteStore::Impl {
 public:
  ~Impl() {
    tables_.reset();
    sqlite3_close_v2(database_);
  }

  Result<> open(const Options& options) {
    file_ = options.file;
    if (options.owner) {
      if (Result<> owned = own(); !owned) return owned;
    }
    do_without_statistics();
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (options.owner ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(file_.c_str(), &database_, flags, nullptr) != SQLITE_OK) {
      return fail(trouble("cannot be opened"));
    }
    sqlite3_busy_timeout(database_, 2000);
    for (const char* pragma :
         {"PRAGMA journal_mode = WAL",
          options.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF",
          "PRAGMA cache_size = -8192", "PRAGMA temp_store = MEMORY", "PRAGMA wal_autocheckpoint = 4000"}) {
      if (sqlite3_exec(database_, pragma, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return fail(trouble("cannot be opened"));
      }
    }
    if (Result<> ready = options.owner ? migrate(database_) : check_version(database_); !ready) {
      ready.error().message += " (" + file_ + ")";
      return ready;
    }
    tables_ = std::make_unique<SqliteTables>(database_);
    if (options.owner) log_ = std::make_unique<WriteAheadLog>(database_);
    return {};
  }

  void limit_pages(int64_t pages) {
    const std::string pragma = "PRAGMA max_page_count = " + std::to_string(pages);
    sqlite3_exec(database_, pragma.c_str(), nullptr, nullptr, nullptr);
  }

  void run(std::span<Job> jobs) {
    std::vector<Result<>> outcomes(jobs.size());
    if (std::optional<Error> lost = transact(jobs, outcomes)) {
      for (Result<>& outcome : outcomes) outcome = fail(*lost);
    }
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(outcomes[i]));
  }

  bool untidy() const { return log_ && log_->is_long(); }
  void tidy() {
    if (log_) log_->move_when_long();
  }

 private:
  Result<> own() {
    const std::filesystem::path folder = std::filesystem::path(file_).parent_path();
    std::error_code problem;
    if (!folder.empty()) std::filesystem::create_directories(folder, problem);
    if (problem)
      return fail(unavailable("the workflow store " + file_ + " cannot be opened: " + problem.message()));
    Result<OwnerLock> lock = OwnerLock::acquire(file_);
    if (!lock) return fail(std::move(lock.error()));
    lock_ = std::move(*lock);
    return {};
  }

  // Nothing when everything that succeeded is durable.
  std::optional<Error> transact(std::span<Job> jobs, std::vector<Result<>>& outcomes) {
    const bool reading = std::all_of(jobs.begin(), jobs.end(), [](const Job& job) { return job.read_only; });
    if (!tables_->execute(reading ? "BEGIN" : "BEGIN IMMEDIATE")) {
      Error error = trouble("cannot be written");
      tables_->clear_error();
      return error;
    }
    if (log_ && !reading) log_->make_room();
    // What fails leaves no trace; among others it must not take theirs along.
    const bool alone = jobs.size() == 1;
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (!alone && !tables_->execute("SAVEPOINT job")) return roll_back();
      outcomes[i] = jobs[i].work(*tables_);
      if (tables_->error()) return roll_back();
      if (alone) break;
      if (!outcomes[i] && !tables_->execute("ROLLBACK TO job")) return roll_back();
      if (!tables_->execute("RELEASE job")) return roll_back();
    }
    if (!tables_->execute(alone && !outcomes[0] ? "ROLLBACK" : "COMMIT")) return roll_back();
    return std::nullopt;
  }

  // The disk is full or fails: nothing of the group was written.
  Error roll_back() {
    Error error = trouble("cannot be written");
    tables_->clear_error();
    if (sqlite3_get_autocommit(database_) == 0) tables_->execute("ROLLBACK");
    tables_->clear_error();
    return error;
  }

  Error trouble(const std::string& what) const {
    std::string reason = sqlite3_errmsg(database_);
    if (tables_ && tables_->error()) reason = tables_->error()->message;
    return unavailable("the workflow store " + file_ + " " + what + ": " + reason);
  }

  std::string file_;
  OwnerLock lock_;
  sqlite3* database_ = nullptr;
  std::unique_ptr<SqliteTables> tables_;
  std::unique_ptr<WriteAheadLog> log_;  // of the owner
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const Options& options) {
  auto impl = std::make_unique<Impl>();
  if (Result<> opened = impl->open(options); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

void SqliteStore::run(std::span<Job> jobs) { impl_->run(jobs); }
bool SqliteStore::untidy() const { return impl_->untidy(); }
void SqliteStore::tidy() { impl_->tidy(); }
void SqliteStore::limit_pages(int64_t pages) { impl_->limit_pages(pages); }

}  // namespace trivium::units::workflows
