// Processes called like functions: a process with a default host is spawned there, and its exit is the
// answer.
#pragma once

#include "app/lua_entry.h"
#include "units/functions.h"

namespace trivium::units {

// on_exit is told once: the exit, why it could not be started, or that it took too long. The process is a
// process for all that: whoever gives up on it (the caller's end, the time limit) sends it CANCEL and does
// not wait. Returns the process; null when on_exit was told already. An error: the caller has ended.
Result<sched::Ref<Process>> call_process(Node& node, const app::LuaEntry& entry, CallRequest request);

// Of a call that reached its time limit.
Error too_long(const std::string& target, Duration limit);

}  // namespace trivium::units
