// What runtimes of different days do differently as far as a replay must know. The first task that a run
// completed says what it began with (sdk_metadata), and it goes on like that for good.
#pragma once

#include "core/error.h"
#include "units/workflows/event.h"

namespace trivium::units::workflows {

struct Flags {
  // A coroutine whose request needs no outcome (a timer, an asynchronous call, one that is refused) goes on
  // when the request has its place among the commands, not before.
  bool turns = true;
};

// For the first completed task of a run that begins now.
Object sdk_metadata();
// Invalid: a newer runtime did something this one does not know.
Result<Flags> flags_of(const Event& first_completed);

}  // namespace trivium::units::workflows
