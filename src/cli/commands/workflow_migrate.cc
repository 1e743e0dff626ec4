// trivium workflow migrate: open runs go over to the application's code, each after a dry run.
#include <string_view>

#include "cli/commands/commands.h"
#include "cli/commands/workflow_code.h"
#include "cli/json_text.h"
#include "cli/workflows/run_list.h"
#include "units/workflows/code.h"

namespace trivium::cli {
namespace {

using units::workflows::RunRow;
using units::workflows::RunStatus;

// A run that goes on while it is looked at is looked at again.
constexpr int attempts = 5;

struct Outcome {
  std::string_view what;  // "moved", "fits", "stays", "current"
  std::string reason;     // why it stays
};

class Migration {
 public:
  Migration(const Replayer& replayer, bool dry_run) : replayer_(replayer), dry_run_(dry_run) {}

  // Whether there is anything to do: it runs on other code, or does not run.
  bool concerns(const RunRow& run) const {
    const Replayer::Code newest = replayer_.newest(run.type);
    // One that has not begun takes the newest code by itself.
    return run.status == RunStatus::running && run.last_task_started != 0 &&
           (!run.parked.empty() || newest == nullptr || newest->hash != run.code_hash);
  }

  Result<Outcome> move(WorkflowStore& store, const RunRow& run) const {
    if (!concerns(run)) return Outcome{"current", {}};
    const Replayer::Code newest = replayer_.newest(run.type);
    if (newest == nullptr) return Outcome{"stays", "the application has no entry for " + run.type};
    for (int attempt = 1;; ++attempt) {
      auto history = store.open->history(run.run_id);
      if (!history) return fail(std::move(history.error()));
      if (history->empty()) return Outcome{"stays", "it has ended"};
      const int64_t next_event_id = history->back().id + 1;
      const auto replayed = replayer_.replay(
          {run.workflow_id, run.run_id, run.type, store.id, run.worker, std::move(*history)});
      if (replayed.failure) return Outcome{"stays", replayed.failure->message};
      if (dry_run_) return Outcome{"fits", {}};
      const Result<> done =
          store.open->change_code({run.workflow_id, run.run_id, next_event_id, text_of(*newest)});
      if (done) return Outcome{"moved", {}};
      if (done.error().kind == kind::not_found) return Outcome{"stays", "it has ended"};
      if (done.error().kind != kind::conflict || attempt == attempts) return fail(done.error());
    }
  }

 private:
  const Replayer& replayer_;
  const bool dry_run_;
};

void report(const WorkflowRequest& request, const RunRow& run, const Outcome& outcome, Array& all,
            std::string& out) {
  if (request.json) {
    all.push_back(Object{{"workflow_id", run.workflow_id},
                         {"run_id", run.run_id},
                         {"type", run.type},
                         {"outcome", outcome.what},
                         {"reason", outcome.reason.empty() ? Value() : Value(outcome.reason)}});
  } else if (outcome.what == "stays") {
    out += "stays: " + run.workflow_id + ": " + outcome.reason + "\n";
  } else if (outcome.what == "current") {
    out += "runs on the newest code: " + run.workflow_id + "\n";
  } else {
    out += std::string(outcome.what) + ": " + run.workflow_id + "\n";
  }
}

}  // namespace

Result<int> migrate_workflows(const GlobalOptions& global, const WorkflowRequest& request,
                              const RuntimeFactory& make, std::string& out) {
  auto stores = open_workflow_stores(global, request.source, request.store);
  if (!stores) return fail(std::move(stores.error()));
  std::vector<ListedRun> runs;
  if (request.all) {
    auto listed = list_runs(*stores, request, SIZE_MAX);
    if (!listed) return fail(std::move(listed.error()));
    runs = std::move(*listed);
  } else {
    auto found = find_open_run(*stores, request.words[0], "migrate");
    if (!found) return fail(std::move(found.error()));
    runs.push_back({std::move(found->run), found->store->id, found->store});
  }
  const auto replayer = compiled_workflows(global, request.source, make);
  if (!replayer) return fail(replayer.error());
  const Migration migration(**replayer, request.dry_run);
  Array all;
  int status = 0;
  for (const ListedRun& one : runs) {
    if (request.all && !migration.concerns(one.run)) continue;
    auto outcome = migration.move(*one.from, one.run);
    if (!outcome) return fail(std::move(outcome.error()));
    if (outcome->what == "stays") status = 1;
    report(request, one.run, *outcome, all, out);
  }
  if (request.json) {
    append_json(out, all, JsonSpacing::none);
    out += '\n';
  } else if (runs.empty()) {
    out += "No workflows found\n";
  } else if (out.empty()) {
    out += "All workflows run on the newest code\n";
  }
  return status;
}

}  // namespace trivium::cli
