// process.host, terminal.host, process.service and pg.scope as supervised services.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "cli/assembly/entries.h"
#include "units/node.h"
#include "units/process_groups.h"
#include "units/supervisor/service.h"
#include "units/supervisor/service_status.h"

namespace trivium::cli {

class HostService final : public units::Service {
 public:
  explicit HostService(std::shared_ptr<units::ProcessHost> host) : host_(std::move(host)) {}
  void start(units::ServiceEvents events, units::ServiceDone done) override;
  void stop(units::ServiceDone done) override;

 private:
  const std::shared_ptr<units::ProcessHost> host_;
};

class GroupScopeService final : public units::Service {
 public:
  explicit GroupScopeService(std::shared_ptr<units::ProcessGroups> groups) : groups_(std::move(groups)) {}
  void start(units::ServiceEvents events, units::ServiceDone done) override;
  void stop(units::ServiceDone done) override;

 private:
  const std::shared_ptr<units::ProcessGroups> groups_;
};

// What others on the event bus hear of a service.
void publish_update(units::EventBus& bus, const units::ServiceStatus& status);

// Keeps one process running. Starting is spawning; every start is a new PID with the same input.
class ProcessService final : public units::Service, public std::enable_shared_from_this<ProcessService> {
 public:
  ProcessService(units::Node& node, ProcessServiceEntry entry, FrameRef frame)
      : node_(node), entry_(std::move(entry)), frame_(std::move(frame)) {}
  // What the next start takes. From any thread.
  void configure(ProcessServiceEntry entry, FrameRef frame);
  void start(units::ServiceEvents events, units::ServiceDone done) override;
  void stop(units::ServiceDone done) override;

 private:
  void started(const Result<std::string>& pid, const units::ServiceDone& done);
  void ended(uint64_t serial, units::Exit& exit);

  units::Node& node_;
  int64_t starts_ = 0;  // the supervisor starts one at a time
  std::mutex mutex_;
  ProcessServiceEntry entry_;
  FrameRef frame_;
  units::ServiceEvents events_;
  bool starting_ = false;
  sched::Ref<units::Process> loading_;  // the one that is being started
  units::ServiceDone stopped_;          // set while a stop waits for the process
  std::string pid_;                     // of the running process, empty without one
};

}  // namespace trivium::cli
