#include "units/commands/reply.h"
#include "units/commands/side_effect.h"

namespace trivium::units {

lua::Dispatch SideEffect::perform(Process&, lua::OpId, lua::Reply& reply) { return answer(reply, produce()); }

}  // namespace trivium::units
