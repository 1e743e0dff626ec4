// One run of a supervisor: a SupervisorMachine whose children are processes of this runtime and supervisors
// below. Decides nothing itself.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/frame.h"
#include "core/log.h"
#include "sched/ref.h"
#include "sched/timers.h"
#include "units/supervision/machine.h"
#include "units/supervision/spec.h"
#include "units/supervisor/strand.h"

namespace trivium::units {

class Node;
class Process;
struct Exit;

// What a supervisor tells whoever started it, on its strand.
struct SupervisionEvents {
  std::function<void(Result<>)> started;  // once after start()
  std::function<void(Error)> failed;      // it has gone down by itself, with all its children
  std::function<void()> stopped;          // once after stop(), unless `started` got an error
};

struct ChildInfo {
  std::string id;
  std::string process;     // entry; empty for a supervisor
  std::string supervisor;  // its address; empty for a process
  std::string host;
  std::string pid;  // empty unless it runs
  std::string_view state;
  RestartRule restart{};
  int64_t restarts = 0;
  std::string last_error;
  std::shared_ptr<struct SupervisorInfo> below;  // of a supervisor that runs
};

struct SupervisorInfo {
  std::string address;
  Strategy strategy{};
  Intensity intensity;
  bool dynamic = false;
  std::vector<ChildInfo> children;
};

// Reference counted: what is under way keeps it. A whole tree shares one strand, on which everything happens
// that does not say otherwise.
class LiveSupervisor : public std::enable_shared_from_this<LiveSupervisor> {
 public:
  LiveSupervisor(Node& node, std::shared_ptr<Strand> strand, std::shared_ptr<const SupervisorSpec> spec,
                 FrameRef frame, SupervisionEvents events);

  void start();
  void stop();
  void kill();

  // --- from any thread; `done` is called on the strand ---
  const std::string& address() const { return spec_->address; }
  const SupervisorSpec& spec() const { return *spec_; }
  // What the request leaves out is taken from the pattern. Gives the PID.
  void start_child(ChildSpec child, std::function<void(Result<std::string>)> done);
  // By id or PID. Done when it is gone.
  void terminate_child(std::string child, std::function<void(Result<>)> done);
  // Gives the PID; empty for a supervisor.
  void restart_child(std::string child, std::function<void(Result<std::string>)> done);
  void describe(std::function<void(SupervisorInfo)> done);

 private:
  using Key = SupervisorMachine::Key;
  struct Running {
    std::shared_ptr<const ChildSpec> spec;
    uint64_t run = 0;               // under way; 0: none
    sched::Ref<Process> loading{};  // its code is; then it has no PID yet
    bool killed = false;
    std::string pid{};
    std::shared_ptr<LiveSupervisor> supervisor{};
  };

  template <class Action>
  void on_strand(Action action);
  int64_t now_ns() const;
  void carry_out();
  void perform(const SupervisorMachine::Start& start);
  void perform(const SupervisorMachine::Stop& stop);
  void perform(const SupervisorMachine::Kill& kill);
  void perform(const SupervisorMachine::Forget& forget);
  void perform(const SupervisorMachine::Restarting& restarting);
  void perform(const SupervisorMachine::Lost& lost);
  void perform(SupervisorMachine::Answer& answer);
  void perform(const SupervisorMachine::Started& started);
  void perform(const SupervisorMachine::StartFailed& failed);
  void perform(const SupervisorMachine::Failed& failed);
  void perform(const SupervisorMachine::Stopped& stopped);
  void start_process(Key key, uint64_t run, Running& child);
  void process_started(Key key, uint64_t run, const Result<std::string>& pid);
  void start_supervisor(Key key, uint64_t run, Running& child);
  void child_started(Key key, uint64_t run, const Result<>& result);
  void child_ended(Key key, uint64_t run, std::optional<Error> error);
  void arm();
  void enter();
  void leave();
  std::optional<Key> find(const std::string& id_or_pid) const;
  SupervisorInfo info() const;
  void log_child(LogLevel level, std::string_view message, Key key, const Error& error) const;

  Node& node_;
  const std::shared_ptr<Strand> strand_;
  const std::shared_ptr<const SupervisorSpec> spec_;
  const FrameRef frame_;
  SupervisionEvents events_;
  SupervisorMachine machine_;
  std::map<Key, Running> children_;
  std::unordered_map<std::string, Key> by_id_;
  std::unordered_map<std::string, Key> by_pid_;
  std::unordered_map<SupervisorMachine::Request, std::function<void(Result<Key>)>> requests_;
  SupervisorMachine::Request last_request_ = 0;
  uint64_t named_ = 0;  // children that came without an id
  bool carrying_out_ = false;
  sched::TimerId timer_ = sched::TimerId::none;
  std::optional<int64_t> armed_ns_;
};

}  // namespace trivium::units
