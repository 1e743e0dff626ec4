// What the workflow module asks for. perform() is what they mean outside a workflow.
#pragma once

#include <string>

#include "units/commands/call.h"
#include "units/commands/live_command.h"

namespace trivium::units {

// workflow.execute: starts the workflow, replies with its result when the
// chain has ended.
struct ExecuteWorkflow final : CommandOf<ExecuteWorkflow> {
  static constexpr lua::CommandType command_type{"workflow.execute"};
  std::string id;
  Values arguments;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.exec: a child workflow, result awaited; an error outside workflows.
struct ExecChild final : CommandOf<ExecChild> {
  static constexpr lua::CommandType command_type{"workflow.exec"};
  std::string id;
  Values arguments;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.info, history_length, history_size: replies with the table, the integer, or nil/0
// outside workflows.
struct WorkflowInfo final : CommandOf<WorkflowInfo> {
  static constexpr lua::CommandType command_type{"workflow.info"};
  enum class Field { all, history_length, history_size };
  Field field = Field::all;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.version: replies with the version.
struct WorkflowVersion final : CommandOf<WorkflowVersion> {
  static constexpr lua::CommandType command_type{"workflow.version"};
  std::string change_id;
  int64_t min = 0;
  int64_t max = 0;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.attrs: replies with true.
struct WorkflowAttributes final : CommandOf<WorkflowAttributes> {
  static constexpr lua::CommandType command_type{"workflow.attrs"};
  Object search;
  Object memo;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.on_query: the isolate keeps the handler itself. Replies with true.
struct HandleQuery final : CommandOf<HandleQuery> {
  static constexpr lua::CommandType command_type{"workflow.on_query"};
  std::string name;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.on_update: whether there may be a handler; serving it is the code's own. Replies with true.
struct HandleUpdate final : CommandOf<HandleUpdate> {
  static constexpr lua::CommandType command_type{"workflow.on_update"};

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.update: replies with what the handler returns.
struct UpdateWorkflow final : CommandOf<UpdateWorkflow> {
  static constexpr lua::CommandType command_type{"workflow.update"};
  std::string destination;  // PID or registered name
  std::string name;
  Values arguments;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

// workflow.query: replies with what the handler returns.
struct QueryWorkflow final : CommandOf<QueryWorkflow> {
  static constexpr lua::CommandType command_type{"workflow.query"};
  std::string destination;  // PID or registered name
  std::string name;
  Values arguments;

  lua::Dispatch perform(Process& process, lua::OpId op, lua::Reply& reply) override;
};

}  // namespace trivium::units
