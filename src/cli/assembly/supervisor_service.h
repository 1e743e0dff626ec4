// The supervisor at the top of a tree as a supervised service: it fails when its supervisor gives up.
#pragma once

#include <memory>
#include <mutex>

#include "core/frame.h"
#include "units/node.h"
#include "units/supervision/live_supervisor.h"
#include "units/supervisor/service.h"

namespace trivium::cli {

class SupervisorService final : public units::Service,
                                public std::enable_shared_from_this<SupervisorService> {
 public:
  SupervisorService(units::Node& node, std::shared_ptr<const units::SupervisorSpec> spec, FrameRef frame)
      : node_(node), spec_(std::move(spec)), frame_(std::move(frame)) {}
  // What the next start takes. From any thread.
  void configure(std::shared_ptr<const units::SupervisorSpec> spec, FrameRef frame);
  void start(units::ServiceEvents events, units::ServiceDone done) override;
  void stop(units::ServiceDone done) override;

 private:
  struct Run;

  units::Node& node_;
  std::mutex mutex_;
  std::shared_ptr<const units::SupervisorSpec> spec_;
  FrameRef frame_;
  std::shared_ptr<Run> run_;  // the latest
};

}  // namespace trivium::cli
