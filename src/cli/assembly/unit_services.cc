#include "cli/assembly/unit_services.h"

namespace trivium::cli {

void HostService::start(units::ServiceEvents, units::ServiceDone done) {
  host_->start();
  done({});
}

void HostService::stop(units::ServiceDone done) {
  host_->stop([done = std::move(done)] { done({}); });
}

void GroupScopeService::start(units::ServiceEvents, units::ServiceDone done) {
  groups_->start();
  done({});
}

void GroupScopeService::stop(units::ServiceDone done) {
  groups_->stop();
  done({});
}

void publish_update(units::EventBus& bus, const units::ServiceStatus& status) {
  if (!bus.wanted()) return;
  Object data{{"id", status.id.text()},
              {"status", units::name_of(status.state)},
              {"desired", units::name_of(status.desired)},
              {"retry_count", status.retry_count}};
  if (const auto* text = std::get_if<std::string>(&status.details)) data.set("details", *text);
  if (const auto* error = std::get_if<Error>(&status.details)) data.set("details", error->message);
  bus.publish("supervisor", "service.update", status.id.text(), std::move(data));
}

void ProcessService::configure(ProcessServiceEntry entry, FrameRef frame) {
  const std::lock_guard lock(mutex_);
  entry_ = std::move(entry);
  frame_ = std::move(frame);
}

void ProcessService::start(units::ServiceEvents events, units::ServiceDone done) {
  units::SpawnRequest request;
  std::string host_id;
  {
    const std::lock_guard lock(mutex_);
    host_id = entry_.host.text();
    request.id = entry_.process.text();
    request.arguments = encode_values(entry_.input);
    request.frame = frame_;
    events_ = std::move(events);
    starting_ = true;
  }
  const auto host = std::dynamic_pointer_cast<units::ProcessHost>(node_.host(host_id));
  if (!host) {
    {
      const std::lock_guard lock(mutex_);
      starting_ = false;
    }
    done(fail(kind::not_found, "host not found: " + host_id));
    return;
  }
  request.restarts = starts_++;
  request.on_exit = [self = shared_from_this()](units::Process& process, units::Exit& exit) {
    self->ended(process.serial(), exit);
  };
  units::ProcessHost::Spawning spawning = host->spawn(
      std::move(request), nullptr,
      [self = shared_from_this(), done](const Result<std::string>& pid) { self->started(pid, done); });
  if (spawning.settled) return started(*spawning.settled, done);
  bool unwanted = false;
  {
    const std::lock_guard lock(mutex_);
    unwanted = !starting_;  // or it has started already
    if (!unwanted) loading_ = spawning.process;
  }
  if (unwanted) spawning.process->stop_loading();
}

void ProcessService::started(const Result<std::string>& pid, const units::ServiceDone& done) {
  sched::Ref<units::Process> process;
  if (pid) process = node_.local(*pid);
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    wanted = std::exchange(starting_, false);
    loading_ = nullptr;
    // It may have ended by now; ended() then found no PID and has said so all the same.
    if (wanted) pid_ = process ? *pid : std::string();
  }
  if (!wanted) {
    if (process) process->kill(units::canceled_error());
  } else {
    done(pid ? Result<>() : fail(pid.error()));
  }
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
  sched::Ref<units::Process> loading;
  {
    const std::lock_guard lock(mutex_);
    starting_ = false;
    loading = std::exchange(loading_, nullptr);
    process = node_.local(pid_);
    if (process) stopped_ = done;
  }
  if (loading) loading->stop_loading();
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
