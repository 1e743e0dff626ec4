// Runs code over a whole history and throws the instance away: to see whether it fits, or to ask it
// something. Nothing is written anywhere and nothing is sent.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/duration.h"
#include "sched/runnable.h"
#include "units/workflows/engine.h"

namespace trivium::units::workflows {

struct WorkflowQuery {
  std::string name;
  Values arguments;
};

struct ReplayRequest {
  Place place;
  std::string workflow_id;
  std::string run_id;
  std::vector<Event> history;
  std::optional<WorkflowQuery> query;         // asked at the end of the history
  std::shared_ptr<const WorkflowCode> code;   // null: today's
  Duration limit = std::chrono::seconds(10);  // computing for longer is given up
};

struct ReplayOutcome {
  std::optional<TaskFailure> failure;  // why the code does not fit, or nothing
  lua::Reply answer;                   // to the query
};

// Wake it once on a scheduler; `done` is called on a worker.
class ReplayJob final : public sched::Runnable {
 public:
  using Done = std::function<void(ReplayOutcome)>;

  // `parts` and `clock` outlive the job.
  ReplayJob(const EngineParts& parts, const Clock& clock, ReplayRequest request, Done done);

 private:
  sched::Outcome run() override;
  void preempt() noexcept override { engine_.interrupt(); }
  sched::Outcome replay();
  sched::Outcome ask();
  sched::Outcome slice_over();
  sched::Outcome end(ReplayOutcome outcome);
  std::optional<TaskFailure> left_over() const;
  bool ended_by_code() const;

  const Clock& clock_;
  Engine engine_;
  Event last_;  // of the history, but for an end from outside
  const Duration limit_;
  std::optional<WorkflowQuery> query_;
  Done done_;
  bool asking_ = false;
  int64_t since_ns_ = 0;
};

}  // namespace trivium::units::workflows
