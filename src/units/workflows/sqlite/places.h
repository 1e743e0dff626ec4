// Where the history of a run lies, as pieces of SQL. A batch's place is the run's number * 2^32 + its first
// event's id.
#pragma once

// Of run ?1.
#define FIRST_PLACE "((SELECT number FROM runs WHERE run_id = ?1) << 32)"
#define LAST_PLACE "(" FIRST_PLACE " | 4294967295)"

// The last batch of each of `runs` that is open. The row of a closed one tells all.
#define LAST_BATCH                                                                                    \
  "LEFT JOIN history h ON runs.status = 0 AND h.place = (SELECT max(place) FROM history WHERE place " \
  "BETWEEN (runs.number << 32) AND (runs.number << 32 | 4294967295))"
// The id of the event that comes after it.
#define BATCH_END "((h.place & 4294967295) + h.count)"
// The run's row was left as it was when that batch was written.
#define LAGS "(ifnull(h.task_started, 0) <> 0 AND " BATCH_END " > next_event_id)"
// What the row would say.
#define NEXT_EVENT_ID_NOW "iif(" LAGS ", " BATCH_END ", next_event_id)"
#define LAST_TASK_STARTED_NOW "iif(" LAGS ", h.task_started, last_task_started)"
#define HISTORY_BYTES_NOW "iif(" LAGS ", h.run_bytes, history_bytes)"
