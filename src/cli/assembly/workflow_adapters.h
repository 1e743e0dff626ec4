// Connects the workflow service with functions, processes and the compiled entries.
#pragma once

#include <memory>
#include <string>

#include "app/registry.h"
#include "units/node.h"
#include "units/workflow_gateway.h"
#include "units/workflows/service.h"

namespace trivium::cli {

// The workflow entries bound to one worker; the default worker takes every other one, too.
class EntryPrograms final : public units::workflows::WorkflowPrograms {
 public:
  // `unbound`: the worker of entries that name none. The programs are compiled, and outlive this.
  EntryPrograms(const units::Programs& programs, const app::SnapshotPtr& entries, const std::string& worker,
                bool takes_all, const std::string& unbound);

  std::optional<units::workflows::WorkflowCode> find(const std::string& type) const override;
  std::vector<std::string> types() const override;
  std::string type_of(const std::string& entry_id) const override;
  std::optional<std::string> other_worker(const std::string& entry_id) const override;
  Result<units::workflows::WorkflowCode> compile(const std::string& hash, std::string source) const override;

 private:
  const units::ModuleSet& modules_;
  std::unordered_map<std::string, units::workflows::WorkflowCode> code_of_type_;
  std::unordered_map<std::string, std::string> type_of_entry_;
  std::unordered_map<std::string, std::string> other_workers_;
};

class FunctionActivities final : public units::workflows::ActivityFunctions {
 public:
  explicit FunctionActivities(units::Node& node) : node_(node) {}

  bool exists(const std::string& id) const override;
  std::vector<std::string> ids() const override;
  Object options(const std::string& id) const override;
  std::unique_ptr<Attempt> call(const std::string& id, Values arguments, FrameRef frame,
                                std::shared_ptr<units::ActivityContext> activity, Done done) override;

 private:
  units::Node& node_;
};

class NodeProcesses final : public units::workflows::LocalProcesses {
 public:
  explicit NodeProcesses(units::Node& node) : node_(node) {}

  Result<std::string> resolve(const std::string& name) const override;
  Result<> routable(const std::string& pid) const override;
  void deliver(const std::string& pid, lua::Message message) override;
  Result<Value> name_operation(units::NameOperation::Verb verb, const std::string& name,
                               const std::string& pid) override;

 private:
  units::Node& node_;
};

// A worker as a host: spawn starts a workflow, send signals it.
class WorkflowHostAdapter final : public units::SpawnTarget,
                                  public std::enable_shared_from_this<WorkflowHostAdapter> {
 public:
  explicit WorkflowHostAdapter(std::shared_ptr<units::workflows::Service> service)
      : service_(std::move(service)) {}

  lua::Dispatch spawn(units::Process& caller, lua::OpId op, units::Spawn& command,
                      lua::Reply& reply) override;
  lua::Dispatch exec(units::Process& caller, lua::OpId op, units::Exec& command, lua::Reply& reply) override;
  lua::Dispatch send(units::Process& caller, lua::OpId op, units::Send& command, lua::Reply& reply) override;
  lua::Dispatch control(units::Process& caller, lua::OpId op, units::Control& command,
                        lua::Reply& reply) override;

  Result<> takes_messages(std::string_view) const override { return {}; }
  void leave(const std::string& pid, lua::Message message) override;

  lua::Dispatch execute(units::Process& caller, lua::OpId op, const units::workflows::StartRequest& request);

 private:
  void attach(units::Process& watcher, const std::string& pid, bool link);

  const std::shared_ptr<units::workflows::Service> service_;
};

}  // namespace trivium::cli
