// What a transaction did that somebody in this runtime has to react to, once it is durable.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "units/workflows/store/rows.h"
#include "units/workflows/update.h"

namespace trivium::units::workflows {

struct Changes {
  struct Posted {
    std::string run_id;
    std::string owner;
    bool parked = false;  // nothing is tried for the event's sake
    InboundRow inbound;
  };
  std::vector<RunRow> started;
  std::vector<Posted> posted;
  std::vector<UpdateAnswer> answered;
  std::vector<RunRow> closed;
  struct Retried {
    std::string run_id;
    std::string owner;
  };
  std::vector<Retried> retried;      // whoever has them parked tries again
  std::vector<std::string> sources;  // hashes of code that the store has now
};

// What every script is given.
struct ScriptContext {
  int64_t now_ns = 0;
  std::function<std::string()> new_run_id;
  // The application's code of a type, for runs that start. May be null, or find nothing.
  std::function<std::optional<CodeText>(const std::string& type)> code_of;
  // Whether the store is known to have this code. May be null.
  std::function<bool(const std::string& hash)> has_source;
  // With several runtimes: ours, the task queue it serves, and whether others are there. Empty with one.
  std::string owner;
  std::string task_queue;
  bool others = false;
  Changes changes;
  bool wrote = false;
};

}  // namespace trivium::units::workflows
