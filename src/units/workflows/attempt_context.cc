#include "units/workflows/attempt_context.h"

#include <algorithm>
#include <utility>

#include "core/json.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

// Beside the rows of other activities in memory and in every write.
constexpr size_t most_details = 64 << 10;

Error canceled() { return Error::of(kind::canceled, "the workflow wants the activity to end"); }

}  // namespace

Object attempt_info(const ActivityRow& activity, const AttemptOf& run, int64_t now_ns) {
  const auto seconds = [](int64_t ns) { return static_cast<double>(ns) / 1e9; };
  const auto limit = [&](std::string_view name) { return integer_at(activity.scheduled, name); };
  int64_t deadline = 0;
  const auto ends = [&](int64_t since_ns, int64_t limit_ns) {
    if (limit_ns > 0 && (deadline == 0 || since_ns + limit_ns < deadline)) deadline = since_ns + limit_ns;
  };
  ends(activity.scheduled_ns, limit("schedule_to_close_timeout"));
  ends(now_ns, limit("start_to_close_timeout"));
  Object info{{"workflow_id", run.workflow_id},
              {"run_id", run.run_id},
              {"workflow_type", run.workflow_type},
              {"task_queue", text_at(activity.scheduled, "task_queue.name")},
              {"activity_id", text_at(activity.scheduled, "activity_id")},
              {"activity_type", text_at(activity.scheduled, "activity_type.name")},
              {"attempt", activity.attempt},
              {"scheduled_at", seconds(activity.scheduled_ns)},
              {"started_at", seconds(now_ns)}};
  if (deadline != 0) info.set("deadline", seconds(deadline));
  if (const int64_t heartbeat = limit("heartbeat_timeout"); heartbeat > 0) {
    info.set("heartbeat_timeout", seconds(heartbeat));
  }
  if (!activity.heartbeat.empty()) {
    info.set("heartbeat_details", plain_of(json::decode(activity.heartbeat).value_or(Value())));
  }
  return info;
}

bool AttemptContext::when_begun(std::function<void()> tell) {
  const std::lock_guard lock(mutex_);
  if (!begun_) tell_ = std::move(tell);
  return begun_;
}

void AttemptContext::began() {
  std::function<void()> tell;
  {
    const std::lock_guard lock(mutex_);
    begun_ = true;
    tell = std::exchange(tell_, nullptr);
  }
  if (tell) tell();
}

void AttemptContext::request_cancel() {
  const std::lock_guard lock(mutex_);
  cancel_requested_ = true;
}

bool AttemptContext::beats() const {
  const std::lock_guard lock(mutex_);
  return last_beat_ns_ != 0;
}

int64_t AttemptContext::last_beat_ns() const {
  const std::lock_guard lock(mutex_);
  return last_beat_ns_;
}

std::string AttemptContext::noted() {
  const std::lock_guard lock(mutex_);
  told_ = false;
  return details_;
}

std::optional<Error> AttemptContext::heartbeat(const Value& details) {
  std::string payload;
  if (!details.is_nil()) {
    Result<std::string> text = json::encode(json_payload(details));
    if (!text) return std::move(text.error());
    payload = std::move(*text);
    if (payload.size() > most_details) {
      return Error::of(kind::invalid, "the details of a heartbeat have " + std::to_string(payload.size()) +
                                          " bytes, more than " + std::to_string(most_details) +
                                          ": keep them elsewhere and pass a key");
    }
  }
  bool tell = false;
  std::optional<Error> answer;
  {
    const std::lock_guard lock(mutex_);
    last_beat_ns_ = std::max<int64_t>(1, clock_.monotonic_ns());
    details_ = std::move(payload);
    tell = !std::exchange(told_, true);
    if (cancel_requested_) answer = canceled();
  }
  if (tell) beating_();
  return answer;
}

}  // namespace trivium::units::workflows
