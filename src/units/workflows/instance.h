// One run in memory: its isolate and what its commands mean in a workflow. Nothing here touches a clock,
// a disk or another unit; commands are collected, and outcomes arrive from history.
//
// Threads: one at a time. interrupt() alone may be called from a signal handler of the running thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/log.h"
#include "lua/isolate.h"
#include "units/permissions.h"
#include "units/workflows/flags.h"
#include "units/workflows/machine.h"
#include "units/workflows/ports.h"
#include "units/workflows/run_info.h"
#include "units/workflows/update.h"

namespace trivium::units::workflows {

// What every instance of a worker shares. All of it outlives the instances.
struct EngineParts {
  const lua::Environment& environment;
  const WorkflowPrograms& programs;
  const ActivityFunctions& functions;
  LocalProcesses& processes;
  // The task queue of a worker of the same provider, by its entry id.
  std::function<std::optional<std::string>(const std::string& host)> queue_of;
  Log log;
  size_t memory_limit = 0;
  bool log_in_replay = false;
  const Permissions* permissions = nullptr;  // null: everything is allowed
  size_t most_commands = 0;                  // of one task; 0: any number
};

// The workflow task cannot be carried out; the run is unharmed and waits.
struct TaskFailure {
  bool nondeterminism = false;
  std::string message;
  // Where the code left the history, if it did.
  int64_t event_id = 0;
  std::string expected = {};  // what the history has there
  std::string actual = {};    // what the code asks for
  bool too_long = false;      // it asked for more than a history can hold
};

// A message to a process of this runtime, for after the commit.
struct LocalMessage {
  std::string pid;
  lua::Message message;
};

// How a planner takes a command: either the answer is known, or the command is carried out in its turn.
struct Plan {
  std::optional<lua::Reply> answer;
  // In its turn: nothing while the outcome comes later.
  std::function<std::optional<lua::Reply>()> carry_out;
  // The answer is.
  bool in_turn = false;

  static Plan now(lua::Reply reply) { return {std::move(reply), nullptr}; }
  static Plan refuse(Error error) { return {lua::Reply::failure(std::move(error)), nullptr, true}; }
};

class Instance final : public lua::Host {
 public:
  // `code` null: the application's.
  Instance(const EngineParts& parts, std::shared_ptr<const WorkflowCode> code, RunInfo info);
  ~Instance() override;

  // --- for the engine -------------------------------------------------------------------------------

  // WorkflowExecutionStarted. The code is loaded in the first task, and what fails there fails the workflow.
  std::optional<TaskFailure> start(const Event& started);
  // Recorded values of the task about to run.
  std::optional<TaskFailure> preload(const Event& marker);
  // WorkflowTaskStarted: time, ids and the queued outcomes are handed to the code. `recorded`: the commands
  // the history has of this task, for as long as it runs.
  // Before the first one: what the run began with.
  void set_flags(Flags flags) { flags_ = flags; }
  void begin_task(const Event& started, bool replaying, std::span<const Event> recorded);

  enum class Step { again, stable, closed, failed };
  Step step();
  const TaskFailure& task_failure() const { return *task_failure_; }

  // The commands since the last call, in order.
  std::vector<WorkflowCommand> take_commands();
  std::vector<LocalMessage> take_messages();
  void interrupt() noexcept {
    if (isolate_) isolate_->interrupt();
  }
  // Nothing is logged from now on: what runs here is no task of the workflow.
  void mute() { muted_ = true; }
  // Calls a query handler instead of everything else; the instance is of no further use. False: no such
  // handler.
  bool begin_query(std::string_view name, const Values& arguments);
  // Nothing while the slice is over.
  std::optional<lua::Reply> query_step();
  size_t memory_used() const { return isolate_ ? isolate_->memory_used() : 0; }

  // Outcomes, delivered by the next begin_task: completions first, then deliveries, exits and updates.
  void queue_completion(lua::OpId op, lua::Reply reply);
  void queue_reply(lua::OpId op, lua::Reply reply);  // to a timer's channel, a future
  void queue_tick(lua::OpId op);                     // the same with the time of delivery
  void queue_message(lua::Message message);
  void queue_exit(lua::Message message);
  void queue_update(UpdateRequest update);

  std::unordered_map<std::string, std::shared_ptr<Machine>>& timers() { return timers_; }
  std::unordered_map<int64_t, std::shared_ptr<Machine>>& confirmed() { return confirmed_; }

  // --- for planners and machines --------------------------------------------------------------------

  const EngineParts& parts() const { return parts_; }
  const RunInfo& info() const { return info_; }
  RunInfo& info() { return info_; }
  bool replaying() const { return replaying_; }
  std::span<const Event> recorded() const { return recorded_commands_; }
  bool allows(std::string_view action, std::string_view resource) override;
  int64_t time_ns() const { return time_ns_; }
  int64_t history_length() const { return history_length_; }
  int64_t history_size() const { return history_size_; }

  // The id the next command gets.
  int64_t next_sequence();
  void emit(WorkflowCommand command);
  // A value made once and recorded (13). Failures are recorded too.
  Result<Value> record(const std::function<Result<Value>()>& produce, bool binary, std::string_view summary);
  // Whether the history has the next such value.
  bool has_recorded() const { return recorded_.contains(side_effects_ + 1); }
  void send_after_commit(LocalMessage message) { messages_.push_back(std::move(message)); }
  void send_to_self(lua::Message message);
  void close_with(WorkflowCommand command);
  void fail_task(bool nondeterminism, std::string message);

  bool abandoned(lua::OpId op) const { return abandoned_.contains(op); }
  std::unordered_set<std::string>& open_activities() { return open_activities_; }
  std::unordered_map<lua::OpId, std::shared_ptr<Machine>>& calls() { return calls_; }
  std::unordered_set<std::string>& children() { return children_; }
  // Versions decided so far, oldest first.
  std::vector<std::pair<std::string, int64_t>>& versions() { return versions_; }
  Updates& updates() { return updates_; }
  const Updates& updates() const { return updates_; }
  Object& memo() { return memo_; }
  Object& search_attributes() { return search_attributes_; }

 private:
  // --- lua::Host ---
  lua::Dispatch dispatch(lua::Isolate& isolate, lua::Command& command, lua::OpId op,
                         lua::Reply& reply) override;
  bool take_turn(lua::OpId op) override;
  void abandon(lua::Isolate&, lua::OpId op) override { abandoned_.insert(op); }
  int64_t now_ns() override { return time_ns_; }
  int64_t clock_ns() override { return time_ns_ - info_.start_ns; }
  uint64_t random() override;
  const std::string& pid() override { return pid_; }
  const std::string& entry_id() override { return info_.entry_id; }
  const FrameRef& frame() override { return info_.frame; }
  void log(LogLevel level, std::string_view logger, std::string_view message, Object fields) override;
  bool log_enabled(LogLevel level) override;
  void dropped(std::string_view operation, std::string_view path, std::string_view type) override;

  bool load();
  void finish();
  void fail_workflow(const Error& error);
  void carry_over(Object& attributes);

  struct Queued {
    lua::OpId op;
    Plan plan;
  };
  struct Outcome {
    lua::OpId op = 0;  // 0: a message
    bool tick = false;
    lua::Reply reply;
    lua::Message message;
  };
  void deliver(std::vector<Outcome>& outcomes);

  const EngineParts& parts_;
  std::shared_ptr<const WorkflowCode> code_;
  RunInfo info_;
  std::string pid_;
  std::unique_ptr<lua::Isolate> isolate_;
  std::optional<Error> start_failure_;
  std::optional<TaskFailure> task_failure_;
  bool loading_ = true;

  int64_t time_ns_ = 0;
  int64_t history_length_ = 0;
  int64_t history_size_ = 0;
  bool replaying_ = false;
  bool querying_ = false;
  bool muted_ = false;
  Flags flags_;
  int64_t next_ = 0;
  uint64_t random_state_ = 0;

  std::vector<Outcome> completions_;
  std::vector<Outcome> deliveries_;
  std::vector<Outcome> exits_;
  std::vector<Outcome> requests_;

  // Commands as the code issued them, not carried out yet; an inner level goes before the outer ones.
  std::deque<Queued> issued_;
  std::vector<std::deque<Queued>> levels_;
  bool code_ready_ = false;
  std::vector<WorkflowCommand> commands_;
  std::vector<LocalMessage> messages_;
  std::optional<WorkflowCommand> closing_;

  std::unordered_map<std::string, std::shared_ptr<Machine>> timers_;  // by timer id
  std::unordered_map<int64_t, std::shared_ptr<Machine>> confirmed_;   // by the id of their first event
  std::unordered_map<lua::OpId, std::shared_ptr<Machine>> calls_;     // activities
  std::unordered_set<lua::OpId> abandoned_;
  std::unordered_set<std::string> open_activities_;
  std::unordered_set<std::string> children_;  // ids of open ones
  Updates updates_;

  int64_t side_effects_ = 0;
  std::span<const Event> recorded_commands_;              // of the task that runs
  std::unordered_map<int64_t, Value> recorded_;           // payloads by side-effect id
  std::unordered_map<int64_t, int64_t> version_markers_;  // event id → events it stands for
  std::vector<std::pair<std::string, int64_t>> versions_;
  Object memo_;
  Object search_attributes_;
};

}  // namespace trivium::units::workflows
