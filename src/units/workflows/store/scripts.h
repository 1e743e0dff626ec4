// The decisions of a provider, each within one transaction, the same for all.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "units/workflows/store/changes.h"
#include "units/workflows/store/tables.h"

namespace trivium::units::workflows {

// --- start ------------------------------------------------------------------------------------------

struct RunStart {
  std::string workflow_id;
  std::string run_id;
  std::string worker;
  // Attributes of WorkflowExecutionStarted: type, task queue, input, header, timeouts, retry policy …
  Object started;
  ConflictPolicy conflict = ConflictPolicy::fail;
  ReusePolicy reuse = ReusePolicy::allow_duplicate;
  int64_t delay_ns = 0;
  // A child:
  std::string parent_workflow_id;
  std::string parent_run_id;
  int64_t parent_event_id = 0;
  ParentClosePolicy parent_close = ParentClosePolicy::terminate;
  // The next run of a chain:
  std::string first_run_id;
  int64_t attempt = 1;
  int64_t execution_deadline_ns = 0;
  std::string code_hash;  // of the run before, if it was of the same type
};

struct Started {
  std::string run_id;
  std::string first_run_id;
  bool fresh = true;  // false: an open run with this id was there and is used
};

// AlreadyExists when the policies forbid it.
Result<Started> start_run(Tables& tables, const RunStart& start, ScriptContext& context);

// --- messages to a run --------------------------------------------------------------------------------

// To the open run of the workflow id (of exactly this run, if `run_id` is given). NotFound otherwise.
Result<> post(Tables& tables, std::string_view workflow_id, std::string_view run_id,
              std::string_view request_id, InboundRow inbound, ScriptContext& context);

// --- updates ------------------------------------------------------------------------------------------

struct PostedUpdate {
  std::string run_id;
  int64_t slot = 0;
};
// To the open run of the workflow id. `outside`, or if another runtime has the run: the answer will be found
// in the slot.
Result<PostedUpdate> post_update(Tables& tables, const std::string& workflow_id, UpdateRequest update,
                                 bool outside, ScriptContext& context);
void answer_update(Tables& tables, UpdateAnswer answer, ScriptContext& context);
// The answer in the slot, once; nothing while there is none. The run's end is one too.
std::optional<lua::Reply> take_answer(Tables& tables, int64_t slot, const std::string& run_id);
Error ended_before_answer();

struct UpdateRefusal {
  std::string run_id;
  int64_t fence = 0;
  int64_t inbound = 0;  // sequence
  UpdateAnswer answer;
};
// Conflict: the run has ended, or somebody else has it.
Result<> refuse_update(Tables& tables, const UpdateRefusal& refusal, ScriptContext& context);

// --- ends ---------------------------------------------------------------------------------------------

// Closes the run without running its code: execution_terminated or execution_timed_out.
Result<> close_from_outside(Tables& tables, std::string_view workflow_id, std::string_view run_id,
                            EventType how, const Object& attributes, ScriptContext& context);

// The run's row after its closing event was appended: pending work goes, children are treated by their
// policy, the next run of the chain starts or else the parent hears of it.
void close_run(Tables& tables, RunRow run, EventType how, const Object& attributes, const Object& started,
               ScriptContext& context);

// --- code -----------------------------------------------------------------------------------------------

// Keeps the text, unless the store is known to have it.
void keep_source(Tables& tables, const CodeText& code, ScriptContext& context);

// Notes that the run goes on with the code it has, and why. Nothing if it was changed meanwhile.
void note_stay(Tables& tables, const std::string& run_id, int64_t fence, const std::string& code_hash,
               const std::string& refused_hash, const std::string& reason);

Object attributes_of(const CodeChange& change);
CodeChange code_change_of(const std::string& workflow_id, const Object& attributes);
// Conflict: the run went on meanwhile. NotFound: it ended.
Result<> change_code(Tables& tables, const CodeChange& change, ScriptContext& context);

// Forgets the texts that no open run has been on for `retention_ns`, except of these. To be called more often
// than once a day.
void sweep_sources(Tables& tables, const std::vector<std::string>& current, int64_t retention_ns,
                   ScriptContext& context);

// --- operations from other processes ----------------------------------------------------------------------

// Carries out one, and gives what is to be told of it. Answers to updates are no operations: see post_update.
Result<Object> apply_operation(Tables& tables, const OperationRow& operation, ScriptContext& context);
// Carries out all that wait and notes their outcomes.
void apply_operations(Tables& tables, ScriptContext& context);

// --- workflow tasks -----------------------------------------------------------------------------------

// One task, or several if those before the last one waited for local activities only.
struct TaskCommit {
  std::string run_id;
  int64_t fence = 0;
  int64_t first_event_id = 0;              // where the history has to end
  std::vector<Event> events;               // the inputs, the task, its commands
  std::string encoded;                     // the same, by encode_events
  int64_t task_started = 0;                // event id, of the last task
  CodeText code;                           // that ran it
  std::string code_before;                 // hash: that which the run was on
  bool newest = true;                      // there is no newer one
  std::vector<int64_t> consumed;           // sequences of inbound events
  std::vector<int64_t> closed_activities;  // scheduled event ids
  std::vector<int64_t> withdrawn;          // of these, what was left to another task queue
  std::set<int64_t> settled;               // of activities that began and ended within it
  std::vector<int64_t> fired_timers;       // started event ids
  std::vector<UpdateAnswer> answers;       // to updates
  Object memo;                             // new values of these fields
  Object search_attributes;
  Object started;  // attributes of the run's first event, for the next of its chain
};

// Conflict: the run was changed by somebody else; throw the cached state away and look again. Also when
// the run would close although events wait that it has not seen.
Result<> commit_task(Tables& tables, const TaskCommit& commit, ScriptContext& context);

// --- attempts of activities -----------------------------------------------------------------------------

// Conflict: the run has ended, or somebody else has it.
Result<> save_activity(Tables& tables, const std::string& run_id, int64_t fence, const ActivityRow& activity);
// The same of an attempt that was scheduled or begins, and which stands among the due times as the row says.
Result<> save_attempt(Tables& tables, const std::string& run_id, int64_t fence, const ActivityRow& activity,
                      bool was_awaited);
// The next attempt of one for another task queue: the earlier ones are over.
Result<> save_next_attempt(Tables& tables, const std::string& run_id, int64_t fence,
                           const ActivityRow& activity, bool was_awaited);
// The attempt is left to another task queue. Conflict: as above.
Result<> offer_attempt(Tables& tables, const std::string& run_id, int64_t fence, const ActivityRow& activity);
// The run leaves the memory meanwhile: its time for each is set among the due ones. Conflict: as above.
Result<> await_attempts(Tables& tables, const std::string& run_id, int64_t fence,
                        const std::vector<TimerRow>& times);
// It has ended there: wakes the run.
Result<> finish_attempt(Tables& tables, const AttemptRow& attempt, const ScriptContext& context);

}  // namespace trivium::units::workflows
