#include "cli/assembly/supervisor_service.h"

#include <vector>

namespace trivium::cli {

// One start and its stop. Touched on the strand only, but for `strand`. A run that takes too long to stop
// goes on beside the next.
struct SupervisorService::Run {
  std::shared_ptr<units::Strand> strand = std::make_shared<units::Strand>();
  std::shared_ptr<units::LiveSupervisor> supervisor;  // null once it has ended
  units::ServiceDone started;
  std::vector<units::ServiceDone> stopped;

  void end() {
    supervisor.reset();
    for (const units::ServiceDone& done : std::exchange(stopped, {})) done({});
  }
};

void SupervisorService::configure(std::shared_ptr<const units::SupervisorSpec> spec, FrameRef frame) {
  const std::lock_guard lock(mutex_);
  spec_ = std::move(spec);
  frame_ = std::move(frame);
}

void SupervisorService::start(units::ServiceEvents events, units::ServiceDone done) {
  const auto run = std::make_shared<Run>();
  std::shared_ptr<const units::SupervisorSpec> spec;
  FrameRef frame;
  {
    const std::lock_guard lock(mutex_);
    run_ = run;
    spec = spec_;
    frame = frame_;
  }
  run->strand->post([this, keep = shared_from_this(), run, spec, frame, events = std::move(events),
                     done = std::move(done)] {
    run->started = done;
    units::SupervisionEvents heard;
    heard.started = [run](const Result<>& result) {
      if (!result) run->end();
      if (const auto started = std::exchange(run->started, nullptr)) started(result);
    };
    heard.failed = [run, ended = events.ended](Error error) {
      run->end();
      if (ended) ended(std::move(error));
    };
    heard.stopped = [run] { run->end(); };
    run->supervisor =
        std::make_shared<units::LiveSupervisor>(node_, run->strand, spec, frame, std::move(heard));
    const auto supervisor = run->supervisor;
    supervisor->start();
  });
}

void SupervisorService::stop(units::ServiceDone done) {
  std::shared_ptr<Run> run;
  {
    const std::lock_guard lock(mutex_);
    run = run_;
  }
  if (!run) {
    done({});
    return;
  }
  const auto strand = run->strand;
  strand->post([run, done = std::move(done)] {
    const auto supervisor = run->supervisor;
    if (!supervisor) {
      done({});
      return;
    }
    run->stopped.push_back(done);
    supervisor->stop();
  });
}

}  // namespace trivium::cli
