// Commands whose work may wait for a disk or a terminal.
#pragma once

#include <utility>

#include "units/commands/reply.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::services {

// Replies with what `work()` returns (a Result), worked out on a thread of the blocking pool.
template <class Work>
lua::Dispatch reply_from_pool(units::Process& process, lua::OpId op, lua::Reply& reply, Work work) {
  const bool taken = process.node().blocking().submit(
      [caller = sched::Ref<units::Process>(&process), op, work = std::move(work)]() mutable {
        lua::Reply done;
        units::answer(done, work());
        caller->post_reply(op, std::move(done));
      });
  if (!taken) return units::refuse(reply, Error::of(kind::unavailable, "the runtime is shutting down"));
  return lua::Dispatch::pending;
}

}  // namespace trivium::services
