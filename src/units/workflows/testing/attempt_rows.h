// Attempts of activities for other task queues, in SQLite: for the store that several runtimes of a test
// share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "units/workflows/sqlite/sqlite_tables.h"
#include "units/workflows/store/shared_tables.h"

namespace trivium::units::workflows::testing {

// The rest of SharedTables is its derived class's.
class SqliteAttempts : public SqliteTables, public SharedTables {
 public:
  explicit SqliteAttempts(sqlite3* database) : SqliteTables(database) {}

  static const char* const table;

  void delete_pending(std::string_view run_id) override;
  void insert_attempt(const AttemptRow& attempt) override;
  std::vector<AttemptRow> attempts(const std::vector<std::string>& run_ids) override;
  std::vector<ClaimedAttempt> claim_attempts(const RuntimeRow& runtime, int64_t limit) override;
  void release_attempts(const RuntimeRow& runtime) override;
  bool tell_attempt(const AttemptRow& attempt) override;
  void cancel_attempts(std::string_view run_id, int64_t scheduled_event_id) override;
  void delete_attempts(std::string_view run_id, int64_t scheduled_event_id, int64_t last_attempt) override;
  std::vector<std::string> abandoned_attempts(const std::string& owner) override;

 protected:
  virtual void tell(std::string hint) = 0;
  bool there(const std::string& runtime_id);
  std::vector<std::string> texts(Use& use);

 private:
  // `scheduled_event_id` -1: of all.
  void remove_attempts(std::string_view run_id, int64_t scheduled_event_id, int64_t last_attempt);
  void tell_takers(Use& use);
  std::vector<AttemptRow> attempts_of(Use& use);
};

std::string json_of(const std::vector<std::string>& texts);

}  // namespace trivium::units::workflows::testing
