// How a run decides which code it goes on with, and tries the newest on its history.
#include <utility>

#include "units/workflows/core.h"
#include "units/workflows/matching.h"
#include "units/workflows/run.h"

namespace trivium::units::workflows {

// `stored`: the text of the recorded code, where it is wanted (Core::wants_source).
void Run::start_engine(std::optional<std::string> stored) {
  const std::optional<WorkflowCode> newest = core_->parts().programs.find(row_.type);
  const WorkflowCode* known = newest ? &*newest : nullptr;
  switch (choose_code(row_, known)) {
    case CodeChoice::unknown:
      return begin_on(nullptr);
    case CodeChoice::newest:
      return begin_on(std::make_shared<const WorkflowCode>(*newest));
    case CodeChoice::trial:
      make_engine(std::make_shared<const WorkflowCode>(*newest));
      trying_ = true;
      engine_->feed(std::exchange(history_, {}), row_.last_task_started);
      compute_since_ns_ = core_->parts().clock.monotonic_ns();
      phase_ = Phase::computing;
      return;
    case CodeChoice::recorded:
      break;
  }
  Result<CodeCache::Ref> code = core_->recorded_code(row_.code_hash, std::move(stored));
  if (!code) {
    if (known == nullptr) return begin_on(nullptr);
    const std::string& why = row_.stays_reason;
    return park({false, code.error().message + (why.empty() ? why : "; newer code: " + why)});
  }
  if (const Stay now = why_recorded(row_, known);
      row_.refused_hash != now.refused_hash || row_.stays_reason != now.reason)
    return stay(now.refused_hash, now.reason);
  begin_on(std::move(*code));
  on_newest_ = false;
}

void Run::make_engine(CodeCache::Ref code) {
  code_ = std::move(code);
  on_newest_ = true;
  trying_ = false;
  engine_ = std::make_unique<Engine>(core_->engine_parts(), core_->place(row_.worker), row_.workflow_id,
                                     run_id_, code_);
}

void Run::begin_on(CodeCache::Ref code) {
  make_engine(std::move(code));
  begin_task(std::exchange(history_, {}));
}

// The newest code came to the end of the history.
void Run::tried() {
  for (const WorkflowCommand& command : engine_->unmatched()) {
    if (!command.version) return turn_down(mismatch(&command, nullptr).message);
  }
  trying_ = false;
  begin_task({});
}

void Run::turn_down(const std::string& reason) {
  const std::string hash = code_->hash;
  give_back();
  stay(hash, reason);
}

// Once in the store and once in the log: then it begins anew, with the recorded code.
void Run::stay(const std::string& refused_hash, const std::string& reason) {
  phase_ = Phase::loading;
  core_->transact(
      [id = run_id_, fence = row_.fence, code = row_.code_hash, refused_hash, reason](
          Tables& tables, ScriptContext&) -> Result<> {
        note_stay(tables, id, fence, code, refused_hash, reason);
        return {};
      },
      [run = sched::Ref<Run>(this), reason](const Result<>& outcome) {
        run->post([run = run.get(), reason, done = outcome.has_value()] {
          if (!done) return run->pause(std::chrono::seconds(1));
          run->core_->log().info("a workflow stays on the code it has",
                                 {{"workflow", run->row_.workflow_id},
                                  {"run", run->run_id_},
                                  {"type", run->row_.type},
                                  {"code", short_hash(run->row_.code_hash)},
                                  {"reason", reason}});
          run->phase_ = Phase::idle;
        });
      },
      {run_id_});
}

}  // namespace trivium::units::workflows
