// Hosts: where processes run. process.host and terminal.host entries, and whatever else may be named
// as the host of a spawn (workflow workers).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/duration.h"
#include "sched/lane.h"
#include "sched/timers.h"
#include "units/commands/processes.h"
#include "units/process.h"

namespace trivium::units {

class ActivityContext;
class Node;

// A host addressed by processes and in PIDs. Thread-safe.
class SpawnTarget {
 public:
  virtual ~SpawnTarget() = default;

  // Carry out the command of `caller`; what it comes to goes to the reply or, for Dispatch::pending, to
  // caller.post_reply(op, …).
  virtual lua::Dispatch spawn(Process& caller, lua::OpId op, Spawn& command, lua::Reply& reply) = 0;
  virtual lua::Dispatch exec(Process& caller, lua::OpId op, Exec& command, lua::Reply& reply) = 0;
  // For PIDs of this host that are no local process.
  virtual lua::Dispatch send(Process& caller, lua::OpId op, Send& command, lua::Reply& reply) = 0;
  virtual lua::Dispatch control(Process& caller, lua::OpId op, Control& command, lua::Reply& reply) = 0;

  // The same for senders that are no process and wait for no outcome: whether messages for this PID can be
  // left here, and one of them.
  virtual Result<> takes_messages(std::string_view) const {
    return fail(kind::not_found, "process not found");
  }
  virtual void leave(const std::string&, lua::Message) {}
};

struct SpawnRequest {
  std::string id;
  Values arguments;
  FrameRef frame;
  std::string name;
  int64_t restarts = 0;            // for those who look
  bool name_must_be_free = false;  // AlreadyExists, instead of the PID of the name's owner
  std::vector<lua::Message> messages;
  sched::Ref<Process> watcher;  // gets EXIT
  sched::Ref<Process> partner;  // is linked
  // Of the caller, for a process that is called like a function: cancelled with it.
  std::shared_ptr<CallScope> scope;
  std::string caller;                         // whom the process hears of then
  std::shared_ptr<ActivityContext> activity;  // it is an attempt of an activity
  std::function<void(Process&, units::Exit&)> on_exit;
};

class ProcessHost final : public SpawnTarget, public std::enable_shared_from_this<ProcessHost> {
 public:
  struct Options {
    std::string id;
    size_t workers = 0;     // 0: as many as the scheduler has
    bool terminal = false;  // the end of a process is reported to on_terminal_exit
    Duration stop_timeout = std::chrono::seconds(10);
    std::function<void(Process&, units::Exit&)> on_terminal_exit;
  };

  ProcessHost(Node& node, Options options);

  const std::string& id() const { return options_.id; }
  bool terminal() const { return options_.terminal; }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  void start();
  // Refuses new processes, cancels those that run, and after the timeout ends what is left. `done` is
  // called once, when the last one is gone.
  void stop(const std::function<void()>& done);

  // The PID of the new process or, when the name is taken, of its owner.
  using Spawned = std::function<void(Result<std::string>)>;
  struct Spawning {
    std::optional<Result<std::string>> settled;
    sched::Ref<Process> process;  // the new one, its code perhaps still being loaded; null: there is none
  };
  // Settled at once, or else `later` is called, once, from a worker. `starter` is the process whose code
  // waits on this thread; what its slice does not suffice for is loaded on the host's lane, and without one
  // all.
  Spawning spawn(SpawnRequest request, Process* starter, Spawned later);
  void forget(const Process& process);
  size_t size() const;
  size_t workers() const { return lane_->limit(); }
  void set_workers(size_t workers);
  // As its entry says now; 0: as many as the scheduler has. Forgets set_workers.
  void configure_workers(size_t workers);
  // What set_workers said last; 0: it was never called.
  size_t wanted_workers() const { return wanted_workers_.load(std::memory_order_relaxed); }
  // Forgets the processes that are left when the scheduler has stopped for good.
  void abandon();

  lua::Dispatch spawn(Process& caller, lua::OpId op, Spawn& command, lua::Reply& reply) override;
  lua::Dispatch exec(Process& caller, lua::OpId op, Exec& command, lua::Reply& reply) override;
  lua::Dispatch send(Process& caller, lua::OpId op, Send& command, lua::Reply& reply) override;
  lua::Dispatch control(Process& caller, lua::OpId op, Control& command, lua::Reply& reply) override;

 private:
  enum class State { registered, running, stopping };

  Result<> accept() const;
  Result<> admit(const Process& caller, const Values& arguments, const CallSettings& settings);
  Result<std::string> enter(const sched::Ref<Process>& process, const SpawnRequest& request);
  void leave(Process& process);
  std::optional<std::string> signal_owner(const std::string& name, const std::vector<lua::Message>& messages);
  void kill_remaining();

  Node& node_;
  const Options options_;
  const sched::Ref<sched::Lane> lane_;
  mutable std::mutex mutex_;
  State state_ = State::registered;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> wanted_workers_{0};
  sched::TimerId deadline_ = sched::TimerId::none;  // of the stop in progress
  std::unordered_map<uint64_t, sched::Ref<Process>> processes_;
  std::function<void()> stopped_;
};

}  // namespace trivium::units
