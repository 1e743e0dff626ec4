// Plain Lua functions over the commands workflows understand, for tests below the modules room.
#pragma once

#include <span>

#include "lua/environment.h"

namespace trivium::units::workflows::testing {

// sleep(ns) · after(ns), tick(ns) → channel · call(id, …) · call_with(options, id, …) · async(id, …) →
// channel, call number · cancel_call(number) · send(to, topic, …) · spawn(id, host, …) · spawn_with(options,
// id, …) · exec(id, …) · exec_child(id, …) · execute(id, …) · cancel(pid, reason) · upgrade(id, …) ·
// version(id, min, max) · attrs(search, memo) · unique(), unique_bytes() · compute(n) → n * n · info() ·
// listen(topic), inbox(), events() → channel · query() (a command workflows refuse)
std::span<const lua::LibraryField> bindings();

// How often unique() made a value, over all isolates of the program.
int unique_values_made();

}  // namespace trivium::units::workflows::testing
