// Looking into a workflow store and asking things of its runtimes from outside: the command line. The same
// for every provider; each has a function that opens one (sqlite/operator.h, postgres/operator.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/duration.h"
#include "lua/message.h"
#include "units/workflows/event.h"
#include "units/workflows/store/rows.h"

namespace trivium::units::workflows {

// What waits for a run's next task, or runs on its behalf.
struct PendingWork {
  std::vector<InboundRow> inbound;
  std::vector<ActivityRow> activities;
  std::vector<TimerRow> timers;
  std::vector<RunRow> children;  // open ones
  // What people call the runtimes that carry out activities for other task queues, by event; empty: it is
  // gone.
  std::map<int64_t, std::string> takers;
};

// One thread. Calls block. Errors: NotFound for unknown workflows; Unavailable when the store cannot be
// reached; Timeout when the runtime that has it does not answer.
class Operator {
 public:
  virtual ~Operator() = default;

  // The newest first. `accept`: empty for all that the filter lets through.
  virtual Result<std::vector<RunRow>> list(const RunFilter& filter, size_t limit,
                                           const std::function<bool(const RunRow&)>& accept) = 0;
  // The latest run of the workflow.
  virtual Result<RunRow> find(const std::string& workflow_id) = 0;
  virtual Result<RunRow> run(const std::string& run_id) = 0;
  virtual Result<PendingWork> pending(const std::string& run_id) = 0;
  virtual Result<std::vector<Event>> history(const std::string& run_id) = 0;

  virtual Result<> signal(const std::string& workflow_id, const lua::Message& message) = 0;
  virtual Result<> request_cancel(const std::string& workflow_id, const std::string& reason) = 0;
  virtual Result<> terminate(const std::string& workflow_id, const std::string& reason) = 0;
  // A parked run tries its task again. Invalid: it is not parked.
  virtual Result<> retry(const std::string& workflow_id) = 0;
  // Waits for the answer, and what the handler returns. Unavailable: no runtime is there to give it, or the
  // workflow cannot go on. Timeout: no answer within `limit` (0: there is none); it may still come.
  virtual Result<Values> update(const std::string& workflow_id, const std::string& name,
                                const Values& arguments, Duration limit) = 0;
  // An open run whose task queue no runtime served when this was asked first.
  virtual bool unserved(const RunRow& run) = 0;
  // The text of the code that runs name by this hash. NotFound: the store does not have it.
  virtual Result<std::string> source(const std::string& hash) = 0;
  // Conflict: the run went on since the dry run.
  virtual Result<> change_code(const CodeChange& change) = 0;
  // How long to wait for a runtime that has to carry it out itself.
  virtual void set_patience(Duration patience) = 0;
};

}  // namespace trivium::units::workflows
