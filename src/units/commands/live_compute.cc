#include "units/commands/compute.h"
#include "units/commands/from_pool.h"

namespace trivium::units {

lua::Dispatch Compute::perform(Process& process, lua::OpId op, lua::Reply& reply) {
  return reply_from_pool(process, op, reply, std::move(work));
}

}  // namespace trivium::units
