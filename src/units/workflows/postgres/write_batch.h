// Rows that are to be written, of many workflows: one statement for all rows of a kind.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "units/workflows/postgres/connection.h"

namespace trivium::units::workflows {

// In the order in which they are carried out. A row is inserted before it is changed, and changed before it
// is deleted; only a run closes before its successor, with the same workflow id, is inserted.
enum class Write : uint8_t {
  update_run,
  insert_run,
  append_history,
  insert_activity,
  insert_timer,
  insert_source,
  insert_attempt,
  update_activity,
  cancel_attempts,
  delete_activity,
  delete_timer,
  delete_inbound,
  delete_attempts,
  delete_all_attempts,
  delete_activities,
  delete_timers,
  delete_inbounds,
  finish_operation,
  wake,
  notify,
};
constexpr size_t write_kinds = static_cast<size_t>(Write::notify) + 1;

class WriteBatch {
 public:
  // The cells in the order of the statement's parameters. An update replaces one of the same row.
  void add(Write kind, std::vector<Cell> row);
  // The rows of `other` come after ours.
  void append(WriteBatch&& other);
  bool empty() const { return count_ == 0; }
  void clear();
  // Queues the statements and forgets the rows.
  void send(Connection& connection);

 private:
  std::array<std::vector<std::vector<Cell>>, write_kinds> rows_;
  size_t count_ = 0;
};

}  // namespace trivium::units::workflows
