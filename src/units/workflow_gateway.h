// What processes and functions ask of workflows; the workflow service implements it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "units/commands/workflow.h"

namespace trivium::units {

class SpawnTarget;

class WorkflowGateway {
 public:
  virtual ~WorkflowGateway() = default;

  // Starts the workflow and replies through caller.post_reply(op, …) when its chain has ended. When the
  // caller ends first, the workflow goes on.
  virtual lua::Dispatch execute(Process& caller, lua::OpId op, ExecuteWorkflow& command,
                                lua::Reply& reply) = 0;
  // Asks the workflow's code about its state; nothing of it changes.
  virtual lua::Dispatch query(Process& caller, lua::OpId op, QueryWorkflow& command, lua::Reply& reply) = 0;
  // Asks the workflow's code for something; replies with its answer. When the caller ends first, the update
  // goes on.
  virtual lua::Dispatch update(Process& caller, lua::OpId op, UpdateWorkflow& command, lua::Reply& reply) = 0;

  // Takes messages for the PIDs of a provider, which is their node: its worker `host`, or any other one if
  // the PID names a task queue there. Null if there is no such provider.
  virtual std::shared_ptr<SpawnTarget> peer(std::string_view node, std::string_view host) const = 0;

  // What a worker has in memory. Open workflows that sleep have nothing there.
  struct Worker {
    std::string id;
    size_t runs = 0;
    size_t instances = 0;  // of these, with a Lua VM
    size_t due = 0;        // times at which others have to be back
  };
  virtual std::vector<Worker> workers() const = 0;
};

}  // namespace trivium::units
