// Commands whose work takes long, or waits for a disk or a terminal.
#pragma once

#include <utility>

#include "units/commands/reply.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

// Replies with what `work()` returns (a Result), worked out on a thread of the blocking pool.
template <class Work>
lua::Dispatch reply_from_pool(Process& process, lua::OpId op, lua::Reply& reply, Work work) {
  const bool taken = process.node().blocking().submit(
      [caller = sched::Ref<Process>(&process), op, work = std::move(work)]() mutable {
        lua::Reply done;
        answer(done, work());
        caller->post_reply(op, std::move(done));
      });
  if (!taken) return refuse(reply, Error::of(kind::unavailable, "the runtime is shutting down"));
  return lua::Dispatch::pending;
}

}  // namespace trivium::units
