// Process groups: named lists of processes inside a scope (pg.scope), with broadcasts and monitors.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/wire.h"
#include "units/process.h"

namespace trivium::units {

struct GroupOptions {
  size_t max_groups = 0;             // 0: no limit
  size_t max_members_per_group = 0;  // in joins; 0: no limit
  size_t monitor_buffer = 64;        // of a subscription's channel
};

// One scope. Thread-safe; changes, broadcasts and snapshots happen one after the other, so that every monitor
// sees the changes in one order and a broadcast reaches exactly the members of its moment. Methods that take
// a process are called by that process itself.
class ProcessGroups : public std::enable_shared_from_this<ProcessGroups> {
 public:
  explicit ProcessGroups(const GroupOptions& options) : options_(options) {}

  void start();
  // Forgets all members. From here on changes and broadcasts are refused, and reads find nothing.
  void stop();
  bool running() const;
  const GroupOptions& options() const { return options_; }

  // One more join in each of the groups, or in none when a limit is hit.
  Result<> join(Process& process, const std::vector<std::string>& groups);
  // One join less in each of them. NotFound when it was in none.
  Result<> leave(Process& process, const std::vector<std::string>& groups);
  // PIDs in the order of the joins, one for each.
  Array members(const std::string& group) const;
  Array groups() const;
  // One message for each join; how many there were.
  Result<size_t> broadcast(const Process& from, const std::string& group, const std::string& topic,
                           const Values& values);

  // Changes of the group come as messages on `topic` from here on; returns its members now. Until unmonitor,
  // or until the process ends or replaces its code.
  Array monitor(Process& process, const std::string& topic, const std::string& group);
  // The same for all groups; returns {group = members}.
  Object monitor_all(Process& process, const std::string& topic);
  void unmonitor(const Process& process, std::string_view topic);

 private:
  struct Group {
    std::map<uint64_t, sched::Ref<Process>> slots;  // by number of the join
  };
  // Joins of one process: numbers by group.
  using Joins = std::map<std::string, std::vector<uint64_t>, std::less<>>;
  struct Monitor {
    sched::Ref<Process> process;
    std::string topic;
    std::optional<std::string> group;  // nothing: all
  };
  enum class Change { joined, left };

  Result<> check_limits(const std::map<std::string_view, size_t>& joins) const;
  void remove_slots(const std::string& group, const std::vector<uint64_t>& numbers);
  void announce(Change change, const std::string& group, const std::string& pid, size_t times);
  void add_monitor(Process& process, const std::string& topic, std::optional<std::string> group);
  void forget_member(uint64_t serial);
  void forget_monitors(uint64_t serial);
  static Array pids(const Group& group);

  const GroupOptions options_;
  mutable std::mutex mutex_;
  bool running_ = false;
  uint64_t next_slot_ = 0;
  std::map<std::string, Group> groups_;          // those with members
  std::unordered_map<uint64_t, Joins> members_;  // by serial
  std::unordered_set<uint64_t> watching_;        // serials of those that are forgotten at their end
  std::vector<Monitor> monitors_;
};

// The scopes of a node by entry. Thread-safe.
class GroupScopes {
 public:
  // `known`: whether there is any entry with this id. Thread-safe.
  explicit GroupScopes(std::function<bool(const std::string& id)> known) : known_(std::move(known)) {}

  void add(const std::string& id, std::shared_ptr<ProcessGroups> scope);
  std::shared_ptr<ProcessGroups> find(const std::string& id) const;
  // Whether the id means something, be it a scope or not.
  bool known(const std::string& id) const { return known_(id); }

 private:
  const std::function<bool(const std::string&)> known_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<ProcessGroups>> scopes_;
};

}  // namespace trivium::units
