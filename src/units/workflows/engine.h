// The replay engine: history in, commands out. It knows no provider. Fed with the
// events since the last task it processed (all of them for a new engine), it runs the code of every task
// among them; the commands of the last one are the outcome, those of earlier ones are compared with what
// the history says they were.
//
// Threads: one at a time; interrupt() alone from a signal handler of the running thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "units/workflows/instance.h"

namespace trivium::units::workflows {

class Engine {
 public:
  // `parts` outlives the engine. `code` null: the application's.
  Engine(const EngineParts& parts, Place place, std::string workflow_id, std::string run_id,
         std::shared_ptr<const WorkflowCode> code = nullptr);

  // Events in order, the first one following the last one fed. Tasks up to `previous_started_id` are
  // replayed: silent, with recorded values.
  // `updates` come with the last task of all.
  void feed(std::vector<Event> events, int64_t previous_started_id, std::vector<UpdateRequest> updates = {});

  enum class Step {
    again,   // the slice is over
    done,    // everything fed was processed: take_commands() holds those of its last task
    failed,  // failure() says why; the engine is of no use any more
  };
  Step step();
  const TaskFailure& failure() const { return *failure_; }

  std::vector<WorkflowCommand> take_commands();
  // Those the history has no event for.
  const std::deque<WorkflowCommand>& unmatched() const { return unmatched_; }
  // An update that the last task got and did not accept: it must be run again without it.
  std::optional<UpdateAnswer> refused_update() const { return instance_.updates().refused(); }
  // To be sent once the commands are durable.
  std::vector<LocalMessage> take_messages() { return instance_.take_messages(); }

  // The task that was run last is the first of the run, if nothing that was fed says otherwise.
  bool in_first_task() const { return tasks_ == 1; }

  void mute() { instance_.mute(); }
  // See Instance; after Step::done.
  bool begin_query(std::string_view name, const Values& arguments) {
    return instance_.begin_query(name, arguments);
  }
  std::optional<lua::Reply> query_step() { return instance_.query_step(); }

  int64_t last_event_id() const { return last_event_id_; }
  // The run has produced its closing command.
  bool closed() const { return closed_; }
  const RunInfo& info() const { return instance_.info(); }
  size_t memory_used() const { return instance_.memory_used(); }
  void interrupt() noexcept { instance_.interrupt(); }

 private:
  Step done();
  std::optional<size_t> next_task() const;
  std::optional<TaskFailure> read_flags(size_t started);
  std::optional<TaskFailure> preload(size_t started);
  std::span<const Event> commands_of(size_t started) const;
  void deliver_updates(size_t started);
  std::optional<TaskFailure> apply(const Event& event);
  std::optional<TaskFailure> resolve(const Answer& answer, const Event& event);
  std::optional<TaskFailure> match(const Event& event);
  std::optional<TaskFailure> finish_matching(const Event& event);
  std::optional<TaskFailure> walk_to(size_t end);

  Instance instance_;
  std::vector<Event> events_;
  std::vector<UpdateRequest> updates_;
  size_t at_ = 0;  // the next one to apply
  int64_t previous_started_id_ = 0;
  int64_t last_event_id_ = 0;
  int64_t tasks_ = 0;  // run so far
  bool running_ = false;
  bool closed_ = false;
  bool matching_ = false;
  bool after_version_ = false;
  std::deque<WorkflowCommand> unmatched_;  // of the task last run, in order
  std::optional<TaskFailure> failure_;
};

}  // namespace trivium::units::workflows
