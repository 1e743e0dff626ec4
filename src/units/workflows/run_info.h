// What a run knows about itself from the start: the attributes of WorkflowExecutionStarted and where it
// lives.
#pragma once

#include <string>

#include "core/frame.h"
#include "core/value.h"
#include "units/workflows/event.h"

namespace trivium::units::workflows {

// Where the run lives: names of provider and worker entries.
struct Place {
  std::string node;        // entry id of the provider (client)
  std::string host;        // entry id of the worker
  std::string name_space;  // of the provider
};

struct RunInfo {
  Place place;
  std::string workflow_id;
  std::string run_id;
  std::string original_run_id;  // seed of randomness and of child ids
  std::string type;
  std::string entry_id;
  std::string task_queue;
  int64_t attempt = 1;
  int64_t start_ns = 0;
  FrameRef frame;
  Object started;  // the attributes themselves

  std::string pid() const { return "{" + place.node + "@" + place.host + "|" + workflow_id + "}"; }
  void read_started(const Event& event);
};

}  // namespace trivium::units::workflows
