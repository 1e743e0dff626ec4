// The workflow services of a runtime: the default one, which needs no entry, and one for every
// workflow.worker.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/fields.h"
#include "app/registry.h"
#include "cli/assembly/entries.h"
#include "cli/assembly/workflow_adapters.h"
#include "units/workflow_gateway.h"

namespace trivium::cli {

class Workflows final : public units::WorkflowGateway {
 public:
  Workflows(units::Node& node, app::SnapshotPtr entries);
  ~Workflows() override;

  // Opens the stores and lets unfinished workflows go on. Mistakes of entries go to `problems`.
  // `tolerant`: a store that another runtime holds is an error of the first use instead.
  Result<> open(const app::FieldContext& context, app::Problems& problems, bool tolerant);
  void stop();
  // Lets go of what is left; after the scheduler has stopped for good.
  void abandon();

  lua::Dispatch execute(units::Process& caller, lua::OpId op, units::ExecuteWorkflow& command,
                        lua::Reply& reply) override;
  lua::Dispatch query(units::Process& caller, lua::OpId op, units::QueryWorkflow& command,
                      lua::Reply& reply) override;
  lua::Dispatch update(units::Process& caller, lua::OpId op, units::UpdateWorkflow& command,
                       lua::Reply& reply) override;

  std::shared_ptr<units::SpawnTarget> peer(std::string_view node, std::string_view host) const override;
  std::vector<units::WorkflowGateway::Worker> workers() const override;

 private:
  struct Declared;
  struct Worker;

  std::vector<Declared> declared(const app::FieldContext& context, app::Problems& problems) const;
  void check_types(app::Problems& problems) const;
  void add_host(const Declared& declared, const std::shared_ptr<units::SpawnTarget>& host);
  // `takes_all`: workflows that name no worker too.
  Result<> open_worker(const Declared& declared, bool takes_all, bool tolerant);

  // The service that has the workflow, if the caller may; `destination`, a PID or a name, becomes the PID.
  Result<std::shared_ptr<units::workflows::Service>> find(units::Process& caller, std::string_view action,
                                                          std::string& destination) const;

  units::Node& node_;
  const app::SnapshotPtr entries_;
  FunctionActivities activities_;
  NodeProcesses processes_;
  std::map<std::string, std::unique_ptr<Worker>> workers_;  // by worker id
  std::unordered_map<std::string, std::string> worker_of_;  // by workflow entry
  std::string unbound_;                                     // the worker of workflow entries that name none
  std::unordered_map<std::string, Error> unavailable_;      // by worker id
  struct Peer {
    std::string provider;
    std::string worker;
    std::shared_ptr<units::SpawnTarget> host;
  };
  std::vector<Peer> peers_;
};

}  // namespace trivium::cli
