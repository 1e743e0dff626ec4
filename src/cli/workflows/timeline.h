// A history as steps: what the workflow did, when, for how long, and what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/value.h"
#include "units/workflows/event.h"
#include "units/workflows/store/operator.h"

namespace trivium::cli {

struct Step {
  int64_t event_id = 0;
  int64_t start_ns = 0;
  int64_t end_ns = 0;   // 0: still open, the run's end where it was abandoned; equal to the start: a moment
  std::string kind;     // "activity", "timer", "message", …
  std::string text;     // the function, the topic …
  std::string summary;  // what the code says for people
  Array arguments;
  Value outcome;         // of an activity or child; nil while open
  int64_t attempts = 0;  // of an activity, 0: none began
  std::string failure;   // why it failed, or why its last attempt did
  bool failed = false;
  bool abandoned = false;  // the run ended before it did
};

// In the order in which they began. `pending` tells about activities that are open.
std::vector<Step> steps_of(const std::vector<units::workflows::Event>& history,
                           const units::workflows::PendingWork& pending);

struct TimelineStyle {
  size_t width = 0;  // 0: no terminal
  bool color = false;
  int64_t now_ns = 0;  // where open steps end
};

// One line a step, with a bar where and how long it was.
std::string draw_timeline(const std::vector<Step>& steps, const TimelineStyle& style);

Object step_json(const Step& step);

}  // namespace trivium::cli
