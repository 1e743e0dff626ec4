#include "units/workflows/code.h"

#include <algorithm>
#include <utility>

namespace trivium::units::workflows {
namespace {

// Before anything newer was deployed than what was there when it was moved.
bool stays_where_it_was_moved(const RunRow& run, const WorkflowCode& newest) {
  if (!run.refused_hash.starts_with(moved_by_hand)) return false;
  const std::string_view then = std::string_view(run.refused_hash).substr(moved_by_hand.size());
  return then.empty() || then == newest.hash;
}

}  // namespace

CodeChoice choose_code(const RunRow& run, const WorkflowCode* newest) {
  if (newest == nullptr) return run.code_hash.empty() ? CodeChoice::unknown : CodeChoice::recorded;
  // Of a run that has not begun nothing depends on the code.
  if (run.code_hash.empty() || run.code_hash == newest->hash || run.last_task_started == 0) {
    return CodeChoice::newest;
  }
  if (stays_where_it_was_moved(run, *newest)) return CodeChoice::recorded;
  switch (newest->policy) {
    case CodePolicy::latest:
      return CodeChoice::newest;
    case CodePolicy::pinned:
      return CodeChoice::recorded;
    case CodePolicy::automatic:
      break;
  }
  return run.refused_hash == newest->hash ? CodeChoice::recorded : CodeChoice::trial;
}

Stay why_recorded(const RunRow& run, const WorkflowCode* newest) {
  if (newest == nullptr) return {"", "the application has no entry for " + run.type};
  if (newest->policy == CodePolicy::pinned) return {newest->hash, "its entry says code: pinned"};
  if (!stays_where_it_was_moved(run, *newest)) return {newest->hash, run.stays_reason};
  return {std::string(moved_by_hand) + newest->hash,
          "it was moved to this code, and nothing newer was deployed since"};
}

CodeText text_of(const WorkflowCode& code) { return {code.hash, code.entry_id, code.source}; }

std::string short_hash(const std::string& hash) { return hash.substr(0, 12); }

CodeCache::Ref CodeCache::find(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  const auto at =
      std::find_if(codes_.begin(), codes_.end(), [&](const Ref& code) { return code->hash == hash; });
  if (at == codes_.end()) return nullptr;
  codes_.splice(codes_.begin(), codes_, at);
  return codes_.front();
}

void CodeCache::add(Ref code) {
  const std::lock_guard lock(mutex_);
  codes_.push_front(std::move(code));
  if (codes_.size() > most) codes_.pop_back();
}

}  // namespace trivium::units::workflows
