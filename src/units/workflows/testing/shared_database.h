// A store that several runtimes share, within a test and under its clock: the rows of SQLite in memory, and
// what SharedTables promises besides, by the rules of the PostgreSQL provider. shared_conformance.h holds
// both to the same.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "units/workflows/store/store.h"

namespace trivium::units::workflows::testing {

// One thread.
class SharedDatabase {
 public:
  // `now_ns`: its clock.
  explicit SharedDatabase(std::function<int64_t()> now_ns);
  ~SharedDatabase();
  SharedDatabase(const SharedDatabase&) = delete;
  SharedDatabase& operator=(const SharedDatabase&) = delete;

  // What one runtime works with. Its session ends with it. The database outlives it.
  class Session : public Store {
   public:
    // The connection breaks; the next transaction begins another session.
    virtual void end() = 0;
    // Whether the runtime behind this session never had another id.
    virtual bool always(const std::string& runtime_id) const = 0;
  };
  std::unique_ptr<Session> connect();

  // Hears what runtimes are told of transactions (NOTIFY), after they are durable.
  void on_hint(std::function<void(const std::string&)> told);
  // The server starts again: all sessions end.
  void restart();
  // Of a runtime that has said nothing for this long; its lease is over since `over`.
  void make_silent(const std::string& runtime_id, Duration silent, Duration over);

  // What must never happen: tasks committed by a runtime that does not have the run.
  const std::vector<std::string>& violations() const;
  // The most that a timer was removed for having fired before its time by this clock.
  int64_t earliest_ns() const;
  // Of how many runs a runtime committed tasks at one time.
  size_t most_tasks_at_once() const;

 private:
  friend class SharedSqliteTables;
  class OfRuntime;
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace trivium::units::workflows::testing
