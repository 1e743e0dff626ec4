#include "units/activity_context.h"
#include "units/commands/activity.h"
#include "units/commands/reply.h"
#include "units/process.h"

namespace trivium::units {
namespace {

Error outside(std::string_view function) {
  return Error::of(kind::invalid,
                   std::string(function) +
                       " works only in a function that a workflow calls: this call is not an activity");
}

}  // namespace

lua::Dispatch ActivityInfo::perform(Process& process, lua::OpId, lua::Reply& reply) {
  ActivityContext* activity = process.activity();
  if (activity == nullptr) return refuse(reply, outside("activity.info"));
  return answer(reply, Value(activity->info()));
}

lua::Dispatch ActivityHeartbeat::perform(Process& process, lua::OpId, lua::Reply& reply) {
  ActivityContext* activity = process.activity();
  if (activity == nullptr) return refuse(reply, outside("activity.heartbeat"));
  if (std::optional<Error> ends = activity->heartbeat(details)) return refuse(reply, std::move(*ends));
  return answer_true(reply);
}

}  // namespace trivium::units
