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
