#include "cli/assembly/unit_services.h"

namespace trivium::cli {

void HostService::start(units::ServiceEvents, units::ServiceDone done) {
  host_->start();
  done({});
}

void HostService::stop(units::ServiceDone done) {
  host_->stop([done = std::move(done)] { done({}); });
}

void ProcessService::start(units::ServiceEvents events, units::ServiceDone done) {
  const std::shared_ptr<units::ProcessHost> host =
      std::dynamic_pointer_cast<units::ProcessHost>(node_.host(entry_.host.text()));
  if (!host) {
    done(fail(kind::not_found, "host not found: " + entry_.host.text()));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    events_ = std::move(events);
  }
  units::SpawnRequest request;
  request.id = entry_.process.text();
  request.arguments = encode_values(entry_.input);
  request.frame = frame_;
  request.on_exit = [self = shared_from_this()](units::Process& process, units::Exit& exit) {
    self->ended(process.serial(), exit);
  };
  // The process may end before spawn returns; ended() then finds no PID and says so all the same.
  Result<std::string> pid = host->spawn(std::move(request));
  if (!pid) {
    done(fail(std::move(pid.error())));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    pid_ = node_.local(*pid) ? *pid : std::string();
  }
  done({});
}

void ProcessService::ended(uint64_t, units::Exit& exit) {
  units::ServiceDone stopped;
  units::ServiceEvents events;
  {
    const std::lock_guard lock(mutex_);
    pid_.clear();
    stopped = std::exchange(stopped_, nullptr);
    events = events_;
  }
  if (stopped) {
    stopped({});
  } else if (events.ended) {
    events.ended(std::move(exit.error));
  }
}

void ProcessService::stop(units::ServiceDone done) {
  sched::Ref<units::Process> process;
  {
    const std::lock_guard lock(mutex_);
    process = node_.local(pid_);
    if (process) stopped_ = done;
  }
  if (!process ||
      !process->post_event("pid.cancel", "{node:control|0x00001}", {{"reason", "service stopping"}})) {
    units::ServiceDone unanswered;
    {
      const std::lock_guard lock(mutex_);
      unanswered = process ? std::exchange(stopped_, nullptr) : done;
    }
    if (unanswered) unanswered({});
  }
}

}  // namespace trivium::cli
