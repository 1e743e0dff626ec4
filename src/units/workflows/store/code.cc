// Which code runs are on, and the texts of it.
#include <algorithm>
#include <chrono>

#include "units/workflows/store/scripts.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t day_ns = std::chrono::nanoseconds(std::chrono::hours(24)).count();

}  // namespace

void keep_source(Tables& tables, const CodeText& code, ScriptContext& context) {
  if (code.source == nullptr || (context.has_source && context.has_source(code.hash))) return;
  tables.insert_source(code.hash, code.entry_id, *code.source);
  context.changes.sources.push_back(code.hash);
}

void note_stay(Tables& tables, const std::string& run_id, int64_t fence, const std::string& code_hash,
               const std::string& refused_hash, const std::string& reason) {
  std::optional<RunRow> run = tables.run(run_id);
  if (!run || run->status != RunStatus::running || run->fence != fence || run->code_hash != code_hash) return;
  run->refused_hash = refused_hash;
  run->stays_reason = reason;
  tables.update_run(*run);
}

Object attributes_of(const CodeChange& change) {
  return Object{{"run_id", change.run_id},
                {"next_event_id", change.next_event_id},
                {"hash", change.code.hash},
                {"entry_id", change.code.entry_id},
                {"source", change.code.source ? *change.code.source : std::string()}};
}

CodeChange code_change_of(const std::string& workflow_id, const Object& attributes) {
  const auto text = [&](std::string_view key) { return std::string(text_at(attributes, key)); };
  return {workflow_id, text("run_id"), integer_at(attributes, "next_event_id"),
          CodeText{text("hash"), text("entry_id"), std::make_shared<const std::string>(text("source"))}};
}

Result<> change_code(Tables& tables, const CodeChange& change, ScriptContext& context) {
  std::optional<RunRow> run = tables.current_run(change.workflow_id);
  if (!run) return fail(kind::not_found, "workflow not found for ID: " + change.workflow_id);
  if (run->status != RunStatus::running || run->run_id != change.run_id) {
    return fail(kind::not_found, "workflow execution already completed");
  }
  if (run->next_event_id != change.next_event_id) {
    return fail(kind::conflict, "workflow " + change.workflow_id + " went on meanwhile");
  }
  keep_source(tables, change.code, context);
  run->code_hash = change.code.hash;
  run->refused_hash = moved_by_hand;
  run->stays_reason.clear();
  run->parked.clear();
  tables.update_run(*run);
  if (run->owner != context.owner) tables.wake(*run);
  context.changes.retried.push_back({run->run_id, run->owner});
  return {};
}

void sweep_sources(Tables& tables, const std::vector<std::string>& current, int64_t retention_ns,
                   ScriptContext& context) {
  const std::vector<SourceRow> sources = tables.sources();
  if (sources.empty()) return;
  // Another runtime may have it for new runs, and know that it is here: it says so each time it sweeps.
  const int64_t kept_ns = context.others ? std::max(retention_ns, day_ns) : retention_ns;
  const auto among = [](const std::vector<std::string>& hashes, const std::string& hash) {
    return std::find(hashes.begin(), hashes.end(), hash) != hashes.end();
  };
  // To know what open runs are on takes a look at all of them: only where there is other code at all.
  const bool all_current = std::all_of(sources.begin(), sources.end(),
                                       [&](const SourceRow& source) { return among(current, source.hash); });
  const std::vector<std::string> used = all_current ? std::vector<std::string>() : tables.used_code();
  for (const SourceRow& source : sources) {
    if (among(current, source.hash) || among(used, source.hash)) {
      if (source.unused_ns != 0) tables.mark_source(source.hash, 0);
    } else if (source.unused_ns == 0) {
      tables.mark_source(source.hash, context.now_ns);
    } else if (source.unused_ns < context.now_ns - kept_ns) {
      tables.delete_source(source.hash);
    }
  }
}

}  // namespace trivium::units::workflows
