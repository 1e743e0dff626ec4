// What each command means in a workflow: one planner a command, declared here and written beside the
// machine it starts. Commands without a planner are refused: they belong in an activity.
#pragma once

#include "units/commands/call.h"
#include "units/commands/processes.h"
#include "units/commands/side_effect.h"
#include "units/commands/time.h"
#include "units/commands/workflow.h"
#include "units/workflows/instance.h"

namespace trivium::units::workflows {

Plan plan_command(Instance& instance, lua::OpId op, lua::Command& command);

// timer.cc
Plan plan(Instance& instance, lua::OpId op, Sleep& command);
Plan plan(Instance& instance, lua::OpId op, StartTimer& command);
// activity.cc
Plan plan(Instance& instance, lua::OpId op, CallFunction& command);
Plan plan(Instance& instance, lua::OpId op, CancelCall& command);
// child.cc
Plan plan(Instance& instance, lua::OpId op, Spawn& command);
Plan plan(Instance& instance, lua::OpId op, Exec& command);
Plan plan(Instance& instance, lua::OpId op, ExecChild& command);
Plan plan(Instance& instance, lua::OpId op, ExecuteWorkflow& command);
// external.cc
Plan plan(Instance& instance, lua::OpId op, Send& command);
Plan plan(Instance& instance, lua::OpId op, Control& command);
// recorded.cc
Plan plan(Instance& instance, lua::OpId op, SideEffect& command);
Plan plan(Instance& instance, lua::OpId op, WorkflowVersion& command);
// properties.cc
Plan plan(Instance& instance, lua::OpId op, WorkflowAttributes& command);
Plan plan(Instance& instance, lua::OpId op, HandleQuery& command);
Plan plan(Instance& instance, lua::OpId op, HandleUpdate& command);
Plan plan(Instance& instance, lua::OpId op, WorkflowInfo& command);
Plan plan(Instance& instance, lua::OpId op, NameOperation& command);
Plan plan(Instance& instance, lua::OpId op, Upgrade& command);

}  // namespace trivium::units::workflows
