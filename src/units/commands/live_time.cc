#include "units/commands/time.h"
#include "units/process.h"

namespace trivium::units {

lua::Dispatch Sleep::perform(Process& process, lua::OpId op, lua::Reply&) {
  if (duration <= Duration::zero()) return lua::Dispatch::done;
  process.start_timer(op, duration, false);
  return lua::Dispatch::pending;
}

lua::Dispatch StartTimer::perform(Process& process, lua::OpId op, lua::Reply&) {
  process.start_timer(op, duration, periodic);
  return lua::Dispatch::pending;
}

}  // namespace trivium::units
