#include <fstream>
#include <sstream>

#include "cli/commands/commands.h"
#include "cli/commands/workflow_code.h"
#include "cli/json_text.h"
#include "cli/workflows/run_list.h"
#include "cli/workflows/run_text.h"
#include "cli/workflows/stores.h"
#include "core/wire.h"
#include "units/workflows/code.h"

namespace trivium::cli {
namespace {

using units::workflows::ReplayOutcome;
using units::workflows::TaskFailure;

Result<ExportedRun> read_export(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(kind::not_found, "cannot read " + file);
  std::ostringstream text;
  text << in.rdbuf();
  auto run = parse_export(text.view());
  if (!run) return fail(run.error().kind, file + ": " + run.error().message);
  return run;
}

// `place`: the file, or the store, that it comes from; `kind` says which.
Object outcome_json(const char* kind, const std::string& place, const ExportedRun& run,
                    const std::optional<TaskFailure>& failure, size_t events) {
  Object out{{kind, place},
             {"workflow_id", run.workflow_id},
             {"type", run.type},
             {"events", static_cast<int64_t>(events)},
             {"deterministic", !failure}};
  if (!failure) return out;
  out.set("message", failure->message);
  if (failure->event_id != 0) out.set("event_id", failure->event_id);
  if (!failure->expected.empty()) out.set("expected", failure->expected);
  if (!failure->actual.empty()) out.set("actual", failure->actual);
  return out;
}

std::string outcome_text(const std::string& place, const ExportedRun& run,
                         const std::optional<TaskFailure>& failure, size_t events) {
  const std::string what = place + ": " + run.workflow_id + " (" + run.type + ")";
  if (!failure) return what + " fits: " + std::to_string(events) + " events\n";
  std::string text = what + " does not fit\n";
  if (failure->actual.empty()) return text + "  " + failure->message + "\n";
  if (failure->event_id != 0) text += "  event:    " + std::to_string(failure->event_id) + "\n";
  return text + "  expected: " + failure->expected + "\n  actual:   " + failure->actual + "\n";
}

}  // namespace

// Answered here, from the history and the code the run would go on with: it makes no difference whether a
// runtime is there.
Result<int> query_workflow(const GlobalOptions& global, const WorkflowRequest& request,
                           const RuntimeFactory& make, std::string& out) {
  auto stores = open_workflow_stores(global, request.source, request.store);
  if (!stores) return fail(std::move(stores.error()));
  const auto found = find_run(*stores, request.words[0]);
  if (!found) return fail(found.error());
  auto history = found->store->open->history(found->run.run_id);
  if (!history) return fail(std::move(history.error()));
  const auto replayer = compiled_workflows(global, request.source, make);
  if (!replayer) return fail(replayer.error());
  Array values;
  for (size_t i = 2; i < request.words.size(); ++i) values.push_back(typed_value(request.words[i]));
  const auto& run = found->run;
  const auto ask = [&](Replayer::Code code) {
    return (*replayer)->replay(
        {run.workflow_id, run.run_id, run.type, found->store->id, run.worker, *history},
        units::workflows::WorkflowQuery{request.words[1], encode_values(values)}, std::move(code));
  };
  using units::workflows::CodeChoice;
  const CodeChoice choice = choose_code(run, (*replayer)->newest(run.type).get());
  ReplayOutcome outcome;
  if (choice != CodeChoice::recorded) outcome = ask(nullptr);
  if (choice == CodeChoice::recorded || (choice == CodeChoice::trial && outcome.failure)) {
    auto code = recorded_code(**replayer, *found);
    if (!code && choice == CodeChoice::recorded) return fail(std::move(code.error()));
    if (code) outcome = ask(std::move(*code));
  }
  if (outcome.failure) {
    return fail(kind::internal, "the workflow cannot be asked: " + outcome.failure->message);
  }
  if (outcome.answer.error) return fail(*outcome.answer.error);
  append_json(out, first_value(outcome.answer.values),
              request.json ? JsonSpacing::none : JsonSpacing::spaced);
  out += '\n';
  return 0;
}

namespace {

// What replays came to.
class Report {
 public:
  Report(const char* kind, bool json) : kind_(kind), json_(json) {}

  void add(const std::string& place, const ExportedRun& run, size_t events,
           const std::optional<TaskFailure>& failure) {
    if (failure) status_ = 1;
    if (json_) {
      outcomes_.push_back(outcome_json(kind_, place, run, failure, events));
    } else {
      text_ += outcome_text(place, run, failure, events);
    }
  }
  int write(std::string& out) {
    if (json_) {
      append_json(out, outcomes_, JsonSpacing::none);
      out += '\n';
    } else {
      out += text_.empty() ? "No workflows found\n" : text_;
    }
    return status_;
  }

 private:
  const char* const kind_;
  const bool json_;
  int status_ = 0;
  Array outcomes_;
  std::string text_;
};

// Every run of the stores that the flags let through.
Result<int> replay_all(const GlobalOptions& global, const WorkflowRequest& request,
                       const RuntimeFactory& make, std::string& out) {
  auto stores = open_workflow_stores(global, request.source, request.store);
  if (!stores) return fail(std::move(stores.error()));
  auto runs = list_runs(*stores, request, SIZE_MAX);
  if (!runs) return fail(std::move(runs.error()));
  const auto replayer = compiled_workflows(global, request.source, make);
  if (!replayer) return fail(replayer.error());
  Report report("store", request.json);
  for (const ListedRun& one : *runs) {
    auto history = one.from->open->history(one.run.run_id);
    if (!history) return fail(std::move(history.error()));
    const size_t events = history->size();
    const ExportedRun run{one.run.workflow_id, one.run.run_id, one.run.type,
                          one.store,           one.run.worker, std::move(*history)};
    Replayer::Code code;
    if (request.own_code && !one.run.code_hash.empty()) {
      auto own = recorded_code(**replayer, {one.from, one.run});
      if (!own) {
        report.add(one.store, run, events, TaskFailure{false, own.error().message});
        continue;
      }
      code = std::move(*own);
    }
    report.add(one.store, run, events, (*replayer)->replay(run, {}, std::move(code)).failure);
  }
  return report.write(out);
}

}  // namespace

Result<int> replay_workflows(const GlobalOptions& global, const WorkflowRequest& request,
                             const RuntimeFactory& make, std::string& out) {
  if (request.all) return replay_all(global, request, make, out);
  std::vector<ExportedRun> runs;
  for (const std::string& file : request.words) {
    auto run = read_export(file);
    if (!run) return fail(std::move(run.error()));
    runs.push_back(std::move(*run));
  }
  const auto replayer = compiled_workflows(global, request.source, make);
  if (!replayer) return fail(replayer.error());
  Report report("file", request.json);
  for (size_t i = 0; i < runs.size(); ++i) {
    report.add(request.words[i], runs[i], runs[i].events.size(), (*replayer)->replay(runs[i]).failure);
  }
  return report.write(out);
}

}  // namespace trivium::cli
