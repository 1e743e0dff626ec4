#include "units/workflows/watches.h"

#include <algorithm>
#include <utility>

#include "core/json.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {

WorkflowEnd end_of(const RunRow& last) {
  const Value outcome = json::decode(last.outcome.empty() ? "{}" : last.outcome).value_or(Value());
  switch (last.status) {
    case RunStatus::failed:
      return {failure_error(outcome.find("failure")), {}};
    case RunStatus::terminated:
      return {Error::of(kind::canceled, "workflow terminated"), {}};
    case RunStatus::canceled:
      return {Error::of(kind::canceled, "operation canceled"), {}};
    case RunStatus::timed_out: {
      Error error = Error::of(kind::timeout, "Workflow timeout");
      error.details = Object{{"timeout_type", "start_to_close"}};
      return {std::move(error), {}};
    }
    default: {
      lua::Reply reply = result_reply(outcome.find("result"));
      return {std::move(reply.error), std::move(reply.values)};
    }
  }
}

Service::WatchId Watches::reserve(Service::Ended ended) {
  const std::lock_guard lock(mutex_);
  watches_[++last_id_] = {std::move(ended), {}};
  return last_id_;
}

bool Watches::attach(Service::WatchId id, const std::string& first_run_id) {
  const std::lock_guard lock(mutex_);
  const auto at = watches_.find(id);
  if (at == watches_.end()) return false;
  at->second.first_run_id = first_run_id;
  by_chain_[first_run_id].push_back(id);
  return true;
}

void Watches::remove(Service::WatchId id) {
  Service::Ended forgotten;  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  const auto at = watches_.find(id);
  if (at == watches_.end()) return;
  forgotten = std::move(at->second.ended);
  const auto chain = by_chain_.find(at->second.first_run_id);
  watches_.erase(at);
  if (chain == by_chain_.end()) return;
  std::erase(chain->second, id);
  if (chain->second.empty()) by_chain_.erase(chain);
}

void Watches::tell(Service::WatchId id, WorkflowEnd end) {
  Service::Ended ended;
  {
    const std::lock_guard lock(mutex_);
    const auto at = watches_.find(id);
    if (at == watches_.end()) return;
    ended = std::move(at->second.ended);
    watches_.erase(at);
  }
  ended(std::move(end));
}

void Watches::tell_chain(const std::string& first_run_id, const WorkflowEnd& end) {
  std::vector<Service::WatchId> ids;
  {
    const std::lock_guard lock(mutex_);
    const auto at = by_chain_.find(first_run_id);
    if (at == by_chain_.end()) return;
    ids = std::move(at->second);
    by_chain_.erase(at);
  }
  for (const Service::WatchId id : ids) tell(id, end);
}

std::vector<std::string> Watches::chains() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> chains;
  chains.reserve(by_chain_.size());
  for (const auto& [first_run_id, ids] : by_chain_) chains.push_back(first_run_id);
  return chains;
}

void Watches::tell_all(const WorkflowEnd& end) {
  std::vector<Service::WatchId> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, watch] : watches_) ids.push_back(id);
    by_chain_.clear();
  }
  std::sort(ids.begin(), ids.end());
  for (const Service::WatchId id : ids) tell(id, end);
}

}  // namespace trivium::units::workflows
