// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/call_watch.h"

#include <gtest/gtest.h>

#include <utility>

namespace trivium::units::workflows::testing {
namespace {

// As far as a cluster's time moves at once: a timer fires in the middle of it, the turn it asks for comes at
// the end.
constexpr int64_t step_ns = Duration(std::chrono::milliseconds(101)).count();

}  // namespace

CallWatch::CallWatch(Cluster& cluster, size_t most_activities, double per_second)
    : cluster_(cluster),
      most_(most_activities),
      interval_ns_(per_second > 0 ? static_cast<int64_t>(1e9 / per_second) : 0),
      seen_(cluster.size()) {}

void CallWatch::watch(size_t node, bool foreign) {
  cluster_.world(node).functions.on_call(
      [this, node, foreign](const Object& info) { called(node, foreign, info); });
}

void CallWatch::called(size_t node, bool foreign, const Object& info) {
  EXPECT_LT(cluster_.world(node).functions.waiting(), most_)
      << "runtime " << node << " has as many as it may";
  if (interval_ns_ != 0) check_rate(node);
  if (!foreign) return check_history(node, info);
  const std::string attempt = std::string(text_at(info, "run_id")) + "/" +
                              std::string(text_at(info, "activity_id")) + "/" +
                              std::to_string(integer_at(info, "attempt"));
  EXPECT_EQ(++foreign_calls_[attempt], 1) << attempt;
}

// A runtime that stood still, or waited for the store, may make up for calls that were about to begin. It has
// no more of them than there was time for since it began.
void CallWatch::check_rate(size_t node) {
  World& world = cluster_.world(node);
  const int64_t now = world.timers().clock().monotonic_ns();
  Seen& seen = seen_[node];
  if (seen.life != world.lives()) seen = {world.lives(), world.born_ns(), 0, 0, false};
  ++seen.calls;
  EXPECT_LE(seen.calls, 1 + (now - seen.since_ns) / interval_ns_) << "by runtime " << node;
  if (seen.calm) {
    EXPECT_GE(now - seen.last_ns, interval_ns_ - step_ns) << "by runtime " << node;
  }
  seen.last_ns = now;
  seen.calm = calm_;
}

void CallWatch::check_history(size_t node, const Object& info) {
  const std::string run_id(text_at(info, "run_id"));
  std::vector<Event> history;
  const auto session = cluster_.database().connect();
  Job job{[&](Tables& tables) -> Result<> {
            const std::optional<RunRow> run = tables.run(run_id);
            // Another has it, or had: who stood still may go on for a moment before he finds out.
            if (!run || !cluster_.has(node, *run)) return {};
            for (const std::string& batch : tables.history(run_id, 1, INT64_MAX)) {
              if (Result<> decoded = decode_events(batch, history); !decoded) return decoded;
            }
            return {};
          },
          [](const Result<>& read) { EXPECT_TRUE(read); }};
  session->run({&job, 1});
  for (const Event& event : history) {
    if (event.type != EventType::activity_completed) continue;
    EXPECT_NE(std::to_string(integer_at(event.attributes, "scheduled_event_id")),
              text_at(info, "activity_id"))
        << "called again by runtime " << node << ", which has the run and its result";
  }
}

}  // namespace trivium::units::workflows::testing
