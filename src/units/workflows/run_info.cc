#include "units/workflows/run_info.h"

#include <algorithm>

#include "units/workflows/header.h"

namespace trivium::units::workflows {

void RunInfo::read_started(const Event& event) {
  started = event.attributes;
  type = text_at(started, "workflow_type.name");
  task_queue = text_at(started, "task_queue.name");
  attempt = std::max<int64_t>(1, integer_at(started, "attempt"));
  start_ns = event.time_ns;
  frame = frame_of(started.find("header"));
  original_run_id = text_at(started, "original_execution_run_id");
  if (original_run_id.empty()) original_run_id = run_id;
}

}  // namespace trivium::units::workflows
