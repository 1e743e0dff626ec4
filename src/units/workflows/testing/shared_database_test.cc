// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/shared_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "core/clock.h"
#include "units/workflows/sqlite/schema.h"
#include "units/workflows/testing/attempt_rows.h"
#include "units/workflows/testing/attempts_conformance.h"
#include "units/workflows/testing/shared_conformance.h"

namespace trivium::units::workflows::testing {

class SharedSqliteTables;

// What one session knows.
struct Sessions {
  std::set<std::string> alive;   // runtimes whose life it shows, until it ends
  std::set<std::string> joined;  // that were ever the one behind it
};

struct SharedDatabase::State {
  std::function<int64_t()> now_ns;
  int64_t started_ns = INT64_MIN / 2;
  sqlite3* database = nullptr;
  std::unique_ptr<SharedSqliteTables> tables;
  std::set<Sessions*> sessions;
  Sessions* current = nullptr;  // whose transaction it is
  std::vector<std::string> hints;
  std::function<void(const std::string&)> told;
  std::vector<std::string> violations;
  int64_t earliest_ns = 0;
  std::set<std::string, std::less<>> tasks_of;  // runs, in the transaction in progress
  size_t most_tasks = 0;
};

namespace {

// The same rules in the words of SQLite as in postgres/shared_tables.cc; r is the run, ?1 the runtime, ?2 its
// task queue, ?4 its types.
#define CAN_RUN                                                                                       \
  " r.task_queue = ?2 AND (r.type IN (SELECT value FROM json_each(?4)) OR NOT EXISTS (SELECT 1 FROM " \
  "runtimes o, json_each(o.types) t WHERE o.id <> ?1 AND o.task_queue = r.task_queue AND t.value = "  \
  "r.type)) "
#define NOBODYS " NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id = r.lease_owner) "
#define HAS_WORK                                                                                         \
  " r.status = 0 AND (r.parked <> '' OR EXISTS (SELECT 1 FROM activities a WHERE a.run_id = r.run_id "   \
  "AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.run_id = a.run_id AND t.started_event_id = "           \
  "-a.scheduled_event_id)) "                                                                             \
  "OR EXISTS (SELECT 1 FROM attempts a WHERE a.run_id = r.run_id AND (a.outcome <> '' OR (a.called = 1 " \
  "AND NOT EXISTS (SELECT 1 FROM runtimes o WHERE o.id = a.taker)))) "                                   \
  "OR EXISTS (SELECT 1 FROM inbound i WHERE i.run_id = r.run_id AND NOT EXISTS (SELECT 1 FROM timers t " \
  "WHERE t.run_id = i.run_id AND t.started_event_id = 0))) "
#define TAKE                                                                                            \
  "UPDATE runs SET lease_owner = ?1, fence = fence + 1, worker = CASE WHEN last_task_started = 0 THEN " \
  "?3 ELSE worker END WHERE run_id IN (SELECT run_id FROM runs r WHERE" CAN_RUN "AND"

}  // namespace

class SharedSqliteTables final : public SqliteAttempts {
 public:
  using State = SharedDatabase::State;
  explicit SharedSqliteTables(State& state) : SqliteAttempts(state.database), state_(state) {}

  SharedTables* shared() override { return this; }

  void wake(const RunRow& run) override {
    if (run.owner.empty()) {
      if (run.status == RunStatus::running) tell("free");
    } else if (there(run.owner)) {
      Use use(prepared("INSERT INTO wakeups (owner, run_id) VALUES (?, ?)"));
      finish(use.bind(run.owner).bind(run.run_id));
      tell("wake " + run.owner);
    } else {
      tell("free");
    }
  }
  void announce_end() override { tell("end"); }

  DuePage due_after(const Due& after, int64_t limit, const RuntimeRow* runtime) override {
    DuePage page = SqliteTables::due_after(after, limit, nullptr);
    if (runtime == nullptr) return page;
    std::erase_if(page.due, [&](const Due& due) {
      const std::optional<RunRow> row = run(due.run_id);
      return !row || (row->owner != runtime->id && !may_take(*runtime, due.run_id));
    });
    return page;
  }

  std::vector<std::string> runs_with_work(std::string_view owner, std::string_view after_run_id,
                                          int64_t limit) override {
    Use use(prepared("SELECT run_id FROM runs r WHERE lease_owner = ?1 AND run_id > ?2 AND" HAS_WORK
                     "ORDER BY run_id LIMIT ?3"));
    return texts(use.bind(owner).bind(after_run_id).bind(limit));
  }

  // PostgreSQL has no quicker way.
  std::optional<size_t> advance_run(const RunAdvance& /*advance*/) override { return std::nullopt; }

  // --- what is watched --------------------------------------------------------------------------------

  void append_history(std::string_view run_id, int64_t first_event_id, int64_t count,
                      std::string_view events) override {
    const std::optional<RunRow> row = run(run_id);
    if (events.find(event_name(EventType::task_completed)) != std::string_view::npos && row &&
        !state_.current->joined.contains(row->owner)) {
      state_.violations.push_back("a task of " + row->workflow_id + " at event " +
                                  std::to_string(first_event_id) + " by another than " + row->owner);
    }
    if (events.find(event_name(EventType::task_completed)) != std::string_view::npos) {
      state_.tasks_of.emplace(run_id);
      state_.most_tasks = std::max(state_.most_tasks, state_.tasks_of.size());
    }
    SqliteTables::append_history(run_id, first_event_id, count, events);
  }

  void delete_timer(std::string_view run_id, int64_t started_event_id) override {
    if (started_event_id > 0) {  // one that the code set
      Use use(prepared("SELECT due_ns FROM timers WHERE run_id = ? AND started_event_id = ?"));
      use.bind(run_id).bind(started_event_id);
      while (next(use)) {
        state_.earliest_ns = std::max(state_.earliest_ns, use.number() - state_.now_ns());
      }
    }
    SqliteTables::delete_timer(run_id, started_event_id);
  }

  // --- SharedTables -----------------------------------------------------------------------------------

  int64_t now_ns() override { return state_.now_ns(); }

  void join(const RuntimeRow& runtime, Duration lease) override {
    show_life(runtime.id);
    Use use(
        prepared("INSERT OR IGNORE INTO runtimes (id, task_queue, types, renewed_ns, lease_until_ns) "
                 "VALUES (?, ?, ?, ?, ?)"));
    const std::string types = json_of(runtime.types);
    use.bind(runtime.id).bind(runtime.task_queue).bind(types);
    finish(use.bind(now_ns()).bind(now_ns() + lease.count()));
  }

  bool renew(const RuntimeRow& runtime, Duration lease) override {
    show_life(runtime.id);
    Use use(prepared(
        "UPDATE runtimes SET renewed_ns = ?, lease_until_ns = ?, types = ? WHERE id = ? RETURNING id"));
    const std::string types = json_of(runtime.types);
    use.bind(now_ns()).bind(now_ns() + lease.count()).bind(types).bind(runtime.id);
    return !texts(use).empty();
  }

  void leave(const std::string& runtime_id) override {
    remove(runtime_id);
    tell("free");
  }

  int64_t bury(const std::string& runtime_id, Duration lease) override {
    if (state_.started_ns >= now_ns() - lease.count()) return 0;
    std::vector<std::string> dead;
    {
      Use use(prepared("SELECT id, lease_until_ns FROM runtimes WHERE id <> ? AND renewed_ns < ?"));
      use.bind(runtime_id).bind(now_ns() - lease.count() / 5);
      while (next(use)) {
        std::string id = use.text();
        if (use.number() < now_ns() || !alive(id)) dead.push_back(std::move(id));
      }
    }
    for (const std::string& id : dead) remove(id);
    if (!dead.empty()) tell("free");
    return static_cast<int64_t>(dead.size());
  }

  std::vector<std::string> runtimes() override {
    Use use(prepared("SELECT id FROM runtimes ORDER BY id"));
    return texts(use);
  }

  std::vector<std::string> served_queues() override {
    Use use(prepared("SELECT DISTINCT task_queue FROM runtimes WHERE lease_until_ns > ?"));
    use.bind(now_ns());
    return texts(use);
  }

  std::vector<RunRow> claim(const RuntimeRow& runtime, int64_t limit) override {
    Use use(prepared(TAKE " status = 0 AND lease_owner = '' ORDER BY number LIMIT ?5) RETURNING run_id"));
    return taken(use, runtime, limit);
  }

  std::vector<RunRow> claim_orphans(const RuntimeRow& runtime, int64_t limit) override {
    Use use(prepared(TAKE NOBODYS "AND" HAS_WORK "LIMIT ?5) RETURNING run_id"));
    return taken(use, runtime, limit);
  }

  std::vector<RunRow> take(const RuntimeRow& runtime, const std::vector<std::string>& run_ids) override {
    std::vector<RunRow> rows;
    for (const std::string& id : run_ids) {
      if (std::optional<RunRow> row = take(runtime, id)) rows.push_back(std::move(*row));
    }
    return rows;
  }

  std::optional<RunRow> take(const RuntimeRow& runtime, const std::string& run_id) {
    std::optional<RunRow> row = run(run_id);
    if (!row || row->status != RunStatus::running) return std::nullopt;
    if (row->owner == runtime.id) return row;
    Use use(prepared(TAKE NOBODYS "AND status = 0 AND run_id = ?5) RETURNING run_id"));
    std::vector<RunRow> rows = taken(use, runtime, run_id);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
  }

  std::vector<std::string> take_wakeups(const std::string& runtime_id) override {
    std::vector<std::string> found;
    {
      Use use(prepared("DELETE FROM wakeups WHERE owner = ? RETURNING run_id"));
      found = texts(use.bind(runtime_id));
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  std::vector<RunRow> ended(const std::vector<std::string>& first_run_ids) override {
    std::vector<std::string> ids;
    {
      Use use(
          prepared("SELECT run_id FROM runs WHERE first_run_id IN (SELECT value FROM json_each(?)) AND "
                   "status <> 0 AND next_run_id = ''"));
      const std::string chains = json_of(first_run_ids);
      ids = texts(use.bind(chains));
    }
    return rows_of(ids);
  }

 private:
  void tell(std::string hint) override { state_.hints.push_back(std::move(hint)); }

  void show_life(const std::string& runtime_id) {
    state_.current->alive.insert(runtime_id);
    state_.current->joined.insert(runtime_id);
  }
  bool alive(const std::string& runtime_id) const {
    return std::any_of(state_.sessions.begin(), state_.sessions.end(),
                       [&](const Sessions* session) { return session->alive.contains(runtime_id); });
  }
  void remove(const std::string& runtime_id) {
    for (const char* sql : {"DELETE FROM runtimes WHERE id = ?", "DELETE FROM wakeups WHERE owner = ?"}) {
      Use use(prepared(sql));
      finish(use.bind(runtime_id));
    }
  }

  std::vector<RunRow> rows_of(const std::vector<std::string>& ids) {
    std::vector<RunRow> rows;
    rows.reserve(ids.size());
    for (const std::string& id : ids) rows.push_back(*run(id));
    return rows;
  }
  template <class Last>
  std::vector<RunRow> taken(Use& use, const RuntimeRow& runtime, const Last& last) {
    const std::string types = json_of(runtime.types);
    use.bind(runtime.id).bind(runtime.task_queue).bind(runtime.worker).bind(types);
    return rows_of(texts(use.bind(last)));
  }
  bool may_take(const RuntimeRow& runtime, const std::string& run_id) {
    Use use(prepared("SELECT run_id FROM runs r WHERE" CAN_RUN "AND" NOBODYS "AND run_id = ?5 AND ?3 = ?3"));
    const std::string types = json_of(runtime.types);
    use.bind(runtime.id).bind(runtime.task_queue).bind(runtime.worker).bind(types);
    return !texts(use.bind(run_id)).empty();
  }

  State& state_;
};

// --- transactions -------------------------------------------------------------------------------------

class SharedDatabase::OfRuntime final : public SharedDatabase::Session {
 public:
  explicit OfRuntime(State& state) : state_(state) { state_.sessions.insert(&session_); }
  ~OfRuntime() override { state_.sessions.erase(&session_); }

  void end() override { session_.alive.clear(); }
  bool always(const std::string& runtime_id) const override {
    return session_.joined == std::set<std::string>{runtime_id};
  }

  void run(std::span<Job> jobs) override {
    SharedSqliteTables& tables = *state_.tables;
    state_.current = &session_;
    state_.tasks_of.clear();
    std::vector<Result<>> outcomes(jobs.size());
    must(tables.execute("BEGIN"));
    for (size_t i = 0; i < jobs.size(); ++i) {
      const size_t hints = state_.hints.size();
      must(tables.execute("SAVEPOINT job"));
      outcomes[i] = jobs[i].work(tables);
      must(!tables.error());
      if (!outcomes[i]) {
        must(tables.execute("ROLLBACK TO job"));
        state_.hints.resize(hints);
      }
      must(tables.execute("RELEASE job"));
    }
    must(tables.execute("COMMIT"));
    const std::vector<std::string> hints = std::exchange(state_.hints, {});
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(outcomes[i]));
    for (const std::string& hint : hints) {
      if (state_.told) state_.told(hint);
    }
  }

 private:
  void must(bool done) const {
    if (done) return;
    std::fprintf(stderr, "%s\n", sqlite3_errmsg(state_.database));
    std::abort();
  }

  State& state_;
  Sessions session_;
};

SharedDatabase::SharedDatabase(std::function<int64_t()> now_ns) : state_(std::make_unique<State>()) {
  state_->now_ns = std::move(now_ns);
  constexpr const char* shared =
      "CREATE TABLE runtimes (id TEXT PRIMARY KEY, task_queue TEXT, types TEXT, renewed_ns INTEGER, "
      "lease_until_ns INTEGER);"
      "CREATE TABLE wakeups (sequence INTEGER PRIMARY KEY, owner TEXT, run_id TEXT)";
  if (sqlite3_open(":memory:", &state_->database) != SQLITE_OK || !migrate(state_->database) ||
      sqlite3_exec(state_->database, shared, nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_exec(state_->database, SqliteAttempts::table, nullptr, nullptr, nullptr) != SQLITE_OK) {
    std::abort();
  }
  state_->tables = std::make_unique<SharedSqliteTables>(*state_);
}

SharedDatabase::~SharedDatabase() {
  state_->tables.reset();
  sqlite3_close_v2(state_->database);
}

std::unique_ptr<SharedDatabase::Session> SharedDatabase::connect() {
  return std::make_unique<OfRuntime>(*state_);
}

void SharedDatabase::on_hint(std::function<void(const std::string&)> told) { state_->told = std::move(told); }

void SharedDatabase::restart() {
  for (Sessions* session : state_->sessions) session->alive.clear();
  state_->started_ns = state_->now_ns();
}

void SharedDatabase::make_silent(const std::string& runtime_id, Duration silent, Duration over) {
  const std::string sql =
      "UPDATE runtimes SET renewed_ns = " + std::to_string(state_->now_ns() - silent.count()) +
      ", lease_until_ns = " + std::to_string(state_->now_ns() - over.count()) + " WHERE id = '" + runtime_id +
      "'";
  if (sqlite3_exec(state_->database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) std::abort();
}

const std::vector<std::string>& SharedDatabase::violations() const { return state_->violations; }
int64_t SharedDatabase::earliest_ns() const { return state_->earliest_ns; }
size_t SharedDatabase::most_tasks_at_once() const { return state_->most_tasks; }

// --- it is like others --------------------------------------------------------------------------------

namespace {

class SharedDatabaseUnderTest final : public SharedStoresUnderTest {
 public:
  Store& a() override { return *a_; }
  Store& b() override { return *b_; }
  void make_silent(const std::string& runtime_id, Duration silent, Duration over) override {
    database_.make_silent(runtime_id, silent, over);
  }
  void end_session_of_a() override { a_->end(); }
  void restart_server() override { database_.restart(); }
  void wait_until_old() override {}

 private:
  SharedDatabase database_{[] { return system_clock().wall_ns(); }};
  std::unique_ptr<SharedDatabase::Session> a_ = database_.connect();
  std::unique_ptr<SharedDatabase::Session> b_ = database_.connect();
};

class SharedDatabaseAlone final : public StoreUnderTest {
 public:
  Store& store() override { return *session_; }
  void reopen() override {
    session_.reset();
    session_ = database_.connect();
  }

 private:
  SharedDatabase database_{[] { return system_clock().wall_ns(); }};
  std::unique_ptr<SharedDatabase::Session> session_ = database_.connect();
};

std::unique_ptr<SharedStoresUnderTest> make_shared_database() {
  return std::make_unique<SharedDatabaseUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(InMemory, SharedConformance, ::testing::Values(&make_shared_database));
INSTANTIATE_TEST_SUITE_P(InMemory, AttemptsConformance, ::testing::Values(&make_shared_database));
INSTANTIATE_TEST_SUITE_P(InMemory, StoreConformance, ::testing::Values([] {
                           return std::unique_ptr<StoreUnderTest>(std::make_unique<SharedDatabaseAlone>());
                         }));

}  // namespace

}  // namespace trivium::units::workflows::testing
