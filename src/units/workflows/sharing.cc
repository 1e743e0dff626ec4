#include "units/workflows/sharing.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "units/workflows/core.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t claims_at_once = 100;
// Clocks that differ by less are taken as equal: time shall not jump for nothing.
constexpr int64_t clock_tolerance_ns = 200000000;

std::string name_of_process() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return std::string(host) + " process " + std::to_string(getpid());
}

}  // namespace

Sharing::Sharing(Core& core, Duration lease)
    : core_(core),
      lease_(lease),
      interval_(std::min<Duration>(std::chrono::seconds(1), lease / 5)),
      runtime_{core.new_run_id(), name_of_process(), core.options().task_queue, core.options().worker,
               core.parts().programs.types()} {}

std::string Sharing::owner() const {
  const std::lock_guard lock(mutex_);
  return runtime_.id;
}

RuntimeRow Sharing::current() const {
  const std::lock_guard lock(mutex_);
  return runtime_;
}

void Sharing::heard(const std::string& hint) {
  if (hint == "end" && core_.watches().chains().empty() && core_.waiters().slots().empty()) return;
  if (hint.starts_with("wake ") && hint.substr(5) != owner()) return;
  look();
}

void Sharing::look() {
  begin([](const Result<>&) {});
}

void Sharing::begin(std::function<void(Result<>)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (looking_) {
      again_ = true;
      return;
    }
    looking_ = true;
    core_.cancel(timer_);
  }
  auto found = std::make_shared<Found>();
  const bool compare = doubtful_.exchange(false);
  core_.transact(
      [this, found, compare, chains = core_.watches().chains()](Tables& tables, ScriptContext&) {
        return search(tables, chains, compare, *found);
      },
      [this, found, compare, core = core_.shared_from_this(), done = std::move(done)](Result<> outcome) {
        if (!outcome && compare) doubtful_ = true;
        looked(outcome, *found);
        done(std::move(outcome));
      });
}

Result<> Sharing::search(Tables& tables, const std::vector<std::string>& chains, bool compare, Found& found) {
  found = {};
  SharedTables& shared = *tables.shared();
  found.runtime = current();
  const int64_t before = core_.parts().clock.wall_ns();
  found.now_ns = shared.now_ns();
  found.offset_ns = found.now_ns - (before + core_.parts().clock.wall_ns()) / 2;
  if (!joined_) {
    shared.join(found.runtime, lease_);
  } else if (!shared.renew(found.runtime, lease_)) {
    found.lost = true;
    found.runtime.id = core_.new_run_id();
    shared.join(found.runtime, lease_);
  }
  const bool buried = shared.bury(found.runtime.id, lease_) > 0;
  if (buried || orphans_) shared.release_orphans();
  const auto load_all = [&](std::vector<RunRow> rows, std::vector<LoadedRun>& into) {
    into.reserve(rows.size());
    for (RunRow& row : rows) into.push_back(load_run(tables, std::move(row)));
  };
  load_all(shared.claim(found.runtime, claims_at_once), found.claimed);
  for (const std::string& id : shared.take_wakeups(found.runtime.id)) {
    if (std::optional<RunRow> row = tables.run(id)) found.woken.push_back(load_run(tables, std::move(*row)));
  }
  if (compare) load_all(shared.owned(found.runtime.id), found.owned);
  found.compared = compare;
  found.ended = shared.ended(chains);
  for (const UpdateWaiters::Slot& waiting : core_.waiters().slots()) {
    if (std::optional<lua::Reply> answer = take_answer(tables, waiting.slot, waiting.run_id)) {
      found.answers.emplace_back(waiting.update_id, std::move(*answer));
    }
  }
  found.others = shared.others(found.runtime.id) > 0;
  return {};
}

void Sharing::looked(const Result<>& outcome, Found& found) {
  bool at_once = false;
  if (outcome) {
    joined_ = true;
    orphans_ = found.lost;
    others_ = found.others;
    core_.follow_clock(found.offset_ns, clock_tolerance_ns);
    if (found.lost) {
      core_.log().warn(
          "this runtime gave no sign of life for longer than its lease: others go on with its workflows");
      const std::lock_guard lock(mutex_);
      runtime_.id = found.runtime.id;
    }
    if (found.lost) {
      core_.forget_sources();  // the others swept without us
      core_.drop_all();
    }
    at_once = found.lost || found.claimed.size() == claims_at_once;
    for (LoadedRun& run : found.claimed) core_.replace(std::move(run));
    if (found.compared && !found.lost) core_.compare(std::move(found.owned));
    for (LoadedRun& run : found.woken) core_.refresh(std::move(run), found.runtime.id);
    for (auto& [update_id, answer] : found.answers) core_.waiters().tell(update_id, std::move(answer));
    for (const RunRow& last : found.ended) core_.watches().tell_chain(last.first_run_id, end_of(last));
  }
  {
    const std::lock_guard lock(mutex_);
    looking_ = false;
    at_once = std::exchange(again_, false) || at_once;
    if (ended_) return;
  }
  if (at_once) return look();
  schedule();
}

void Sharing::schedule() {
  const sched::TimerId timer =
      core_.at(core_.now_ns() + interval_.count(), [this, core = core_.shared_from_this()] { look(); });
  const std::lock_guard lock(mutex_);
  if (ended_) return core_.cancel(timer);
  timer_ = timer;
}

void Sharing::end() {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    core_.cancel(timer_);
    id = runtime_.id;
  }
  core_.transact(
      [id](Tables& tables, ScriptContext&) -> Result<> {
        tables.shared()->leave(id);
        return {};
      },
      [](const Result<>&) {});  // not reached: the lease runs out
}

}  // namespace trivium::units::workflows
