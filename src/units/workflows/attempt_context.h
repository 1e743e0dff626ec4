// One attempt of an activity as its function sees it, and what the function tells about itself.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "units/activity_context.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

// Whose attempt it is.
struct AttemptOf {
  std::string_view workflow_id;
  std::string_view run_id;
  std::string_view workflow_type;
};
// What activity.info() shows of an attempt that begins now.
Object attempt_info(const ActivityRow& activity, const AttemptOf& run, int64_t now_ns);

// Thread-safe.
class AttemptContext final : public ActivityContext {
 public:
  // `info`: what activity.info() shows. `beating` is called when there is something to note of signs of life,
  // from any thread, and not again before noted().
  AttemptContext(Object info, const Clock& clock, std::function<void()> beating)
      : info_(std::move(info)), clock_(clock), beating_(std::move(beating)) {}

  // True: it has begun. False: `tell` is called when it does, from any thread.
  bool when_begun(std::function<void()> tell);
  // The next sign of life is answered with it.
  void request_cancel();

  bool beats() const;
  // When the last sign of life came, monotonic; 0: none yet.
  int64_t last_beat_ns() const;
  // The details of the last one as JSON of a payload, empty when it had none.
  std::string noted();

  void began() override;
  Object info() const override { return info_; }
  std::optional<Error> heartbeat(const Value& details) override;

 private:
  const Object info_;
  const Clock& clock_;
  const std::function<void()> beating_;

  mutable std::mutex mutex_;
  std::function<void()> tell_;
  std::string details_;
  int64_t last_beat_ns_ = 0;
  bool begun_ = false;
  bool told_ = false;
  bool cancel_requested_ = false;
};

}  // namespace trivium::units::workflows
