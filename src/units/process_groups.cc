#include "units/process_groups.h"

#include <algorithm>

#include "units/process.h"
#include "units/process_host.h"

namespace trivium::units {
namespace {

Error stopped() { return Error::of(kind::unavailable, "pg: service stopped"); }

Error limit_reached(std::string message) {
  Error error = Error::of(kind::rate_limited, std::move(message));
  error.retryable = true;
  return error;
}

// As process.send: nothing new for those whose host is going down.
void post(Process& process, lua::Message message) {
  if (process.process_host() != nullptr && process.process_host()->stopping()) return;
  process.post(std::move(message));
}

}  // namespace

void ProcessGroups::start() {
  const std::lock_guard lock(mutex_);
  running_ = true;
}

void ProcessGroups::stop() {
  std::map<std::string, Group> forgotten;  // let go of outside the lock
  const std::lock_guard lock(mutex_);
  running_ = false;
  forgotten.swap(groups_);
  for (auto& [serial, joins] : members_) joins.clear();
}

bool ProcessGroups::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

// --- membership -------------------------------------------------------------------------------------

Result<> ProcessGroups::check_limits(const std::map<std::string_view, size_t>& joins) const {
  size_t fresh = 0;
  for (const auto& [name, times] : joins) {
    const auto group = groups_.find(std::string(name));
    if (group == groups_.end()) ++fresh;
    const size_t there = group == groups_.end() ? 0 : group->second.slots.size();
    if (options_.max_members_per_group != 0 && there + times > options_.max_members_per_group)
      return fail(limit_reached("pg: maximum members per group reached"));
  }
  if (options_.max_groups != 0 && fresh != 0 && groups_.size() + fresh > options_.max_groups)
    return fail(limit_reached("pg: maximum number of groups reached"));
  return {};
}

Result<> ProcessGroups::join(Process& process, const std::vector<std::string>& groups) {
  std::map<std::string_view, size_t> joins;
  for (const std::string& group : groups) ++joins[group];
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (!running_) return fail(stopped());
    if (Result<> fits = check_limits(joins); !fits) return fits;
    const auto [member, fresh] = members_.try_emplace(process.serial());
    first = fresh;
    for (const auto& [view, times] : joins) {
      const std::string name(view);
      for (size_t i = 0; i < times; ++i) {
        groups_[name].slots.emplace(next_slot_, &process);
        member->second[name].push_back(next_slot_++);
      }
      announce(Change::joined, name, process.pid_text(), times);
    }
  }
  // Membership is of the PID: it outlasts an upgrade.
  if (first) {
    process.at_exit([self = shared_from_this(), serial = process.serial()] { self->forget_member(serial); });
  }
  return {};
}

Result<> ProcessGroups::leave(Process& process, const std::vector<std::string>& groups) {
  const std::lock_guard lock(mutex_);
  if (!running_) return fail(stopped());
  std::map<std::string, std::vector<uint64_t>> left;
  if (const auto member = members_.find(process.serial()); member != members_.end()) {
    for (const std::string& name : groups) {
      const auto joins = member->second.find(name);
      if (joins == member->second.end()) continue;
      left[name].push_back(joins->second.front());
      joins->second.erase(joins->second.begin());
      if (joins->second.empty()) member->second.erase(joins);
    }
  }
  if (left.empty()) return fail(kind::not_found, "pg: process not joined in group");
  for (const auto& [name, numbers] : left) {
    remove_slots(name, numbers);
    announce(Change::left, name, process.pid_text(), numbers.size());
  }
  return {};
}

void ProcessGroups::remove_slots(const std::string& group, const std::vector<uint64_t>& numbers) {
  const auto at = groups_.find(group);
  for (const uint64_t number : numbers) at->second.slots.erase(number);
  if (at->second.slots.empty()) groups_.erase(at);
}

void ProcessGroups::forget_member(uint64_t serial) {
  sched::Ref<Process> member;  // let go of outside the lock
  const std::lock_guard lock(mutex_);
  const auto at = members_.find(serial);
  if (at == members_.end()) return;
  for (const auto& [name, numbers] : at->second) {
    member = groups_.at(name).slots.at(numbers.front());
    remove_slots(name, numbers);
    announce(Change::left, name, member->pid_text(), numbers.size());
  }
  members_.erase(at);
}

Array ProcessGroups::pids(const Group& group) {
  Array pids;
  pids.reserve(group.slots.size());
  for (const auto& [number, process] : group.slots) pids.emplace_back(process->pid_text());
  return pids;
}

Array ProcessGroups::members(const std::string& group) const {
  const std::lock_guard lock(mutex_);
  const auto at = groups_.find(group);
  return at == groups_.end() ? Array() : pids(at->second);
}

Array ProcessGroups::groups() const {
  const std::lock_guard lock(mutex_);
  Array names;
  names.reserve(groups_.size());
  for (const auto& [name, group] : groups_) names.emplace_back(name);
  return names;
}

Result<size_t> ProcessGroups::broadcast(const Process& from, const std::string& group,
                                        const std::string& topic, const Values& values) {
  const std::lock_guard lock(mutex_);
  if (!running_) return fail(stopped());
  const auto at = groups_.find(group);
  if (at == groups_.end()) return 0;
  for (const auto& [number, member] : at->second.slots) {
    post(*member, lua::Message{topic, from.pid_text(), values});
  }
  return at->second.slots.size();
}

// --- monitors ---------------------------------------------------------------------------------------

void ProcessGroups::announce(Change change, const std::string& group, const std::string& pid, size_t times) {
  Values values;
  for (const Monitor& monitor : monitors_) {
    if (monitor.group && *monitor.group != group) continue;
    if (values.empty()) {
      append(values, Object{{"system", "pg"},
                            {"kind", change == Change::joined ? "member.joined" : "member.left"},
                            {"path", group},
                            {"data", Object{{"Group", group}, {"PIDs", Array(times, Value(pid))}}}});
    }
    monitor.process->post(lua::Message{monitor.topic, std::string(), values});
  }
}

void ProcessGroups::add_monitor(Process& process, const std::string& topic,
                                std::optional<std::string> group) {
  monitors_.push_back({sched::Ref<Process>(&process), topic, std::move(group)});
  if (!watching_.insert(process.serial()).second) return;
  process.at_end(0,
                 [self = shared_from_this(), serial = process.serial()] { self->forget_monitors(serial); });
}

Array ProcessGroups::monitor(Process& process, const std::string& topic, const std::string& group) {
  const std::lock_guard lock(mutex_);
  add_monitor(process, topic, group);
  const auto at = groups_.find(group);
  return at == groups_.end() ? Array() : pids(at->second);
}

Object ProcessGroups::monitor_all(Process& process, const std::string& topic) {
  const std::lock_guard lock(mutex_);
  add_monitor(process, topic, std::nullopt);
  Object all;
  for (const auto& [name, group] : groups_) all.append(name, pids(group));
  return all;
}

void ProcessGroups::unmonitor(const Process& process, std::string_view topic) {
  const std::lock_guard lock(mutex_);
  std::erase_if(monitors_, [&](const Monitor& monitor) {
    return monitor.process.get() == &process && monitor.topic == topic;
  });
}

void ProcessGroups::forget_monitors(uint64_t serial) {
  std::vector<Monitor> forgotten;  // let go of outside the lock
  const std::lock_guard lock(mutex_);
  watching_.erase(serial);
  const auto first = std::stable_partition(monitors_.begin(), monitors_.end(), [&](const Monitor& monitor) {
    return monitor.process->serial() != serial;
  });
  forgotten.assign(std::make_move_iterator(first), std::make_move_iterator(monitors_.end()));
  monitors_.erase(first, monitors_.end());
}

// --- scopes -----------------------------------------------------------------------------------------

void GroupScopes::add(const std::string& id, std::shared_ptr<ProcessGroups> scope) {
  const std::lock_guard lock(mutex_);
  scopes_[id] = std::move(scope);
}

std::shared_ptr<ProcessGroups> GroupScopes::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = scopes_.find(id);
  return at == scopes_.end() ? nullptr : at->second;
}

}  // namespace trivium::units
