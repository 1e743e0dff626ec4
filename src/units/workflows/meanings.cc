#include "units/workflows/meanings.h"

namespace trivium::units::workflows {
namespace {

struct Meaning {
  const lua::CommandType* type;
  Plan (*plan)(Instance&, lua::OpId, lua::Command&);
};

template <class C>
constexpr Meaning means = {&C::command_type, [](Instance& instance, lua::OpId op, lua::Command& command) {
                             return plan(instance, op, static_cast<C&>(command));
                           }};

constexpr Meaning meanings[] = {
    means<CallFunction>,    means<CancelCall>,   means<Sleep>,         means<StartTimer>,
    means<SideEffect>,      means<Send>,         means<Spawn>,         means<Exec>,
    means<ExecuteWorkflow>, means<ExecChild>,    means<Control>,       means<WorkflowVersion>,
    means<WorkflowInfo>,    means<Upgrade>,      means<NameOperation>, means<WorkflowAttributes>,
    means<HandleQuery>,     means<HandleUpdate>,
};

}  // namespace

Plan plan_command(Instance& instance, lua::OpId op, lua::Command& command) {
  for (const Meaning& meaning : meanings) {
    if (meaning.type == &command.type()) return meaning.plan(instance, op, command);
  }
  return Plan::refuse(Error::of(
      kind::invalid,
      std::string(command.type().name) + " cannot run in a workflow: call it from a function (activity)"));
}

}  // namespace trivium::units::workflows
