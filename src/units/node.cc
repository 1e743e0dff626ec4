#include "units/node.h"

#include <algorithm>

#include "units/pid.h"

namespace trivium::units {

Node::Node(const NodeParts& parts, NodeOptions options)
    : parts_(parts),
      options_(options),
      started_ns_(parts.clock.monotonic_ns()),
      first_threads_(parts.scheduler.worker_count()),
      memory_(options.total_memory, parts.clock, parts.log.renamed("units")),
      programs_(parts.modules),
      functions_(*this) {
  memory_.set_soft_limit(options.soft_memory, [this] { functions_.drop_idle_workers(); });
}

// What runs still, because it did not end in time, holds on to each other.
Node::~Node() {
  for (const auto& process : processes_.all()) process->abandon();
  for (const auto& [id, host] : hosts_) {
    if (const auto processes = std::dynamic_pointer_cast<ProcessHost>(host)) processes->abandon();
  }
}

void Node::add_host(const std::string& id, std::shared_ptr<SpawnTarget> host) {
  const std::lock_guard lock(mutex_);
  hosts_[id] = std::move(host);
}

void Node::remove_host(const std::string& id) {
  std::shared_ptr<SpawnTarget> removed;
  const std::lock_guard lock(mutex_);
  const auto at = hosts_.find(id);
  if (at == hosts_.end()) return;
  removed = std::move(at->second);
  hosts_.erase(at);
}

std::shared_ptr<SpawnTarget> Node::host(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto at = hosts_.find(std::string(id));
  return at == hosts_.end() ? nullptr : at->second;
}

size_t Node::fit_threads() {
  size_t wanted = first_threads_;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, host] : hosts_) {
      const auto processes = std::dynamic_pointer_cast<ProcessHost>(host);
      if (processes) wanted = std::max(wanted, processes->wanted_workers());
    }
  }
  scheduler().set_worker_count(wanted);
  return scheduler().worker_count();
}

Result<std::string> Node::resolve(const std::string& destination) const {
  if (looks_like_pid(destination)) return destination;
  if (std::optional<std::string> owner = names_.find(destination)) return *owner;
  return fail(kind::not_found, "could not resolve '" + destination + "' as PID or registered name");
}

sched::Ref<Process> Node::local(std::string_view pid) const {
  if (const std::optional<PlainPid> plain = parse_plain_pid(pid)) {
    sched::Ref<Process> process = processes_.find(plain->serial);
    if (process && process->host_id() == plain->host) return process;
  }
  const std::optional<PidText> parts = parse_pid(pid);
  if (!parts || !parts->node.empty()) return nullptr;
  const std::optional<uint64_t> serial = parts->serial();
  if (!serial) return nullptr;
  sched::Ref<Process> process = processes_.find(*serial);
  if (process && process->host_id() != parts->host) return nullptr;
  return process;
}

bool Node::deliver(const std::string& pid, lua::Message message) {
  const sched::Ref<Process> process = local(pid);
  return process && process->post(std::move(message));
}

void Node::announce_changes(std::set<std::string> ids) {
  const auto changed = std::make_shared<const std::set<std::string>>(std::move(ids));
  for (const auto& process : processes_.all()) process->post_outdated(changed);
}

bool Node::may_report(Reported& reported, const std::string& entry) {
  constexpr int64_t interval_ns = 1'000'000'000;
  const std::lock_guard lock(mutex_);
  const int64_t now = clock().monotonic_ns();
  const auto [at, fresh] = reported.try_emplace(entry, now);
  if (!fresh && now - at->second < interval_ns) return false;
  at->second = now;
  return true;
}

void Node::report_failed(const Process& process, const Error& error) {
  if (!may_report(failed_reported_, process.entry())) return;
  log().renamed("units").error(
      process.is_call() ? "call failed" : "process failed",
      {{"entry", process.entry()}, {"pid", process.pid_text()}, {"error", error.message}});
}

void Node::report_dropped(Process& process, std::string_view operation, std::string_view path,
                          std::string_view type) {
  if (!may_report(dropped_reported_, process.entry())) return;
  log().renamed("units").warn("a value cannot leave its unit and arrives as nil",
                              {{"entry", process.entry()},
                               {"pid", process.pid_text()},
                               {"operation", operation},
                               {"path", path},
                               {"type", type}});
}

}  // namespace trivium::units
