// What waits for runs and runs on their behalf: read for many at once.
#include <array>
#include <unordered_map>

#include "units/workflows/postgres/postgres_tables.h"

namespace trivium::units::workflows {
namespace {

// Rows whose first column is the run.
template <class Row, class Make>
void distribute(const std::optional<Rows>& rows, const std::unordered_map<std::string, size_t>& places,
                std::vector<PendingRows>& into, std::vector<Row> PendingRows::*list, const Make& make) {
  for (int row = 0; rows && row < rows->count(); ++row) {
    const auto at = places.find(rows->text(row, 0));
    if (at != places.end()) (into[at->second].*list).push_back(make(*rows, row));
  }
}

InboundRow inbound_of(const Rows& rows, int row) {
  return {rows.number(row, 1), event_type(rows.text(row, 2)), rows.number(row, 3), rows.object(row, 4)};
}

ActivityRow activity_of(const Rows& rows, int row) {
  ActivityRow activity;
  activity.scheduled_event_id = rows.number(row, 1);
  activity.scheduled_ns = rows.number(row, 2);
  activity.attempt = rows.number(row, 3);
  activity.started = rows.number(row, 4) != 0;
  activity.next_attempt_ns = rows.number(row, 5);
  activity.cancel_requested = rows.number(row, 6) != 0;
  activity.scheduled = rows.object(row, 7);
  activity.last_failure = rows.text(row, 8);
  activity.heartbeat = rows.text(row, 9);
  activity.awaited = rows.flag(row, 10);
  return activity;
}

TimerRow timer_of(const Rows& rows, int row) {
  return {rows.number(row, 1), rows.text(row, 2), rows.number(row, 3)};
}

constexpr const char* select_inbound =
    "SELECT run_id, sequence, type, time_ns, attributes FROM inbound WHERE run_id = ANY($1::text[]) ORDER BY "
    "sequence";
constexpr const char* select_activities =
    "SELECT run_id, scheduled_event_id, scheduled_ns, attempt, started, next_attempt_ns, cancel_requested, "
    "scheduled, last_failure, heartbeat, EXISTS (SELECT 1 FROM timers t WHERE t.run_id = a.run_id AND "
    "t.started_event_id = -a.scheduled_event_id) FROM activities a WHERE run_id = ANY($1::text[]) ORDER BY "
    "scheduled_event_id";
constexpr const char* select_timers =
    "SELECT run_id, started_event_id, timer_id, due_ns FROM timers WHERE run_id = ANY($1::text[]) AND "
    "started_event_id > 0 ORDER BY started_event_id";

template <class Row, class Make>
std::vector<Row> all(const std::optional<Rows>& rows, const Make& make) {
  std::vector<Row> found;
  for (int row = 0; rows && row < rows->count(); ++row) found.push_back(make(*rows, row));
  return found;
}

Parameter only(std::string_view run_id) { return Parameter::texts(std::array{std::string(run_id)}); }

}  // namespace

std::vector<InboundRow> PostgresTables::inbound(std::string_view run_id) {
  return all<InboundRow>(read(select_inbound, {only(run_id)}), inbound_of);
}

std::vector<ActivityRow> PostgresTables::activities(std::string_view run_id) {
  return all<ActivityRow>(read(select_activities, {only(run_id)}), activity_of);
}

std::vector<TimerRow> PostgresTables::timers(std::string_view run_id) {
  return all<TimerRow>(read(select_timers, {only(run_id)}), timer_of);
}

std::vector<PendingRows> PostgresTables::pending_of(const std::vector<std::string>& run_ids) {
  std::vector<PendingRows> found(run_ids.size());
  if (run_ids.empty()) return found;
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < run_ids.size(); ++i) places.emplace(run_ids[i], i);
  const Parameter ids = Parameter::texts(run_ids);
  distribute(read(select_inbound, {ids}), places, found, &PendingRows::inbound, inbound_of);
  distribute(read(select_activities, {ids}), places, found, &PendingRows::activities, activity_of);
  distribute(read(select_timers, {ids}), places, found, &PendingRows::timers, timer_of);
  return found;
}

}  // namespace trivium::units::workflows
