#include "units/workflows/sharing.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>

#include "units/workflows/core.h"

namespace trivium::units::workflows {
namespace {

constexpr int64_t claims_at_once = 100;
constexpr int looks_for_orphans = 10;
// Clocks that differ by less are taken as equal: time shall not jump for nothing.
constexpr int64_t clock_tolerance_ns = 200000000;

std::string name_of_process() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return std::string(host) + " process " + std::to_string(getpid());
}

// So many at once that one answer does not become too large.
void load(Tables& tables, const std::vector<std::string>& ids, std::vector<LoadedRun>& into) {
  for (size_t from = 0; from < ids.size(); from += claims_at_once) {
    const size_t to = std::min(ids.size(), from + claims_at_once);
    const auto at = [&](size_t i) { return ids.begin() + static_cast<std::ptrdiff_t>(i); };
    std::vector<LoadedRun> loaded = load_runs(tables, tables.find_runs({at(from), at(to)}));
    into.insert(into.end(), std::make_move_iterator(loaded.begin()), std::make_move_iterator(loaded.end()));
  }
}

}  // namespace

Sharing::Sharing(Core& core, Duration lease)
    : core_(core),
      lease_(lease),
      interval_(std::min<Duration>(std::chrono::seconds(1), lease / 5)),
      server_(sched::make_ref<QueueServer>(core)),
      runtime_{core.new_run_id(), name_of_process(), core.options().task_queue, core.options().worker, {}} {}

std::string Sharing::owner() const {
  const std::lock_guard lock(mutex_);
  return runtime_.id;
}

RuntimeRow Sharing::runtime() const {
  const std::lock_guard lock(mutex_);
  return runtime_;
}

void Sharing::heard(const std::string& hint) {
  if (hint == "end" && core_.watches().chains().empty() && core_.waiters().slots().empty()) return;
  if (hint.starts_with("wake ") && hint.substr(5) != owner()) return;
  constexpr std::string_view attempt = "attempt ";
  if (hint.starts_with(attempt) && hint.substr(attempt.size()) != core_.options().task_queue) return;
  if (hint.empty() || hint == "free") orphans_ = true;
  if (hint.empty() || hint.starts_with("wake ")) recheck_ = true;
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
  {
    std::vector<std::string> types = core_.parts().programs.types();  // code may have come since
    const std::lock_guard lock(mutex_);
    runtime_.types = std::move(types);
  }
  auto found = std::make_shared<Found>();
  auto wanted = std::make_shared<Wanted>();
  wanted->compare = doubtful_.exchange(false);
  // A runtime may die just when somebody leaves something for it: nobody gets a hint then.
  wanted->orphans = orphans_.exchange(false) || ++looks_ % looks_for_orphans == 0;
  wanted->chains = core_.watches().chains();
  if (recheck_.exchange(false)) wanted->served = server_->runs();
  constexpr auto most = static_cast<size_t>(claims_at_once);
  wanted->room = static_cast<int64_t>(std::min(most, server_->room()));
  if (wanted->compare) wanted->runs = core_.all_in_memory();
  core_.transact(
      [this, found, wanted](Tables& tables, ScriptContext&) { return search(tables, *wanted, *found); },
      [this, found, wanted, core = core_.shared_from_this(), done = std::move(done)](Result<> outcome) {
        looked(outcome, *wanted, *found);
        done(std::move(outcome));
      });
}

Result<> Sharing::search(Tables& tables, const Wanted& wanted, Found& found) {
  found = {};
  SharedTables& shared = *tables.shared();
  found.runtime = runtime();
  const int64_t asked_ns = core_.parts().clock.monotonic_ns();
  const int64_t now_ns = shared.now_ns();
  const int64_t told_ns = core_.parts().clock.monotonic_ns();
  found.offset_error_ns = (told_ns - asked_ns) / 2;
  found.offset_ns = now_ns - (asked_ns + found.offset_error_ns);
  if (!joined_) {
    shared.join(found.runtime, lease_);
  } else if (!shared.renew(found.runtime, lease_)) {
    found.lost = true;
    found.runtime.id = core_.new_run_id();
    shared.join(found.runtime, lease_);
  }
  shared.bury(found.runtime.id, lease_);
  found.runtimes = shared.runtimes();
  found.claimed = load_runs(tables, shared.claim(found.runtime, claims_at_once));
  if (wanted.orphans || gone(found)) {
    found.orphans = load_runs(tables, shared.claim_orphans(found.runtime, claims_at_once));
  }
  load(tables, shared.take_wakeups(found.runtime.id), found.woken);
  if (wanted.compare) compare(tables, wanted, found);
  search_attempts(tables, wanted, found);
  found.ended = shared.ended(wanted.chains);
  for (const UpdateWaiters::Slot& waiting : core_.waiters().slots()) {
    if (std::optional<lua::Reply> answer = take_answer(tables, waiting.slot, waiting.run_id)) {
      found.answers.emplace_back(waiting.update_id, std::move(*answer));
    }
  }
  return {};
}

void Sharing::search_attempts(Tables& tables, const Wanted& wanted, Found& found) const {
  SharedTables& shared = *tables.shared();
  if (wanted.orphans || gone(found)) {
    load(tables, shared.abandoned_attempts(found.runtime.id), found.woken);
  }
  if (!wanted.served.empty()) found.served = shared.attempts(wanted.served);
  // A claim that got no answer may have happened: nobody knows of those.
  if (wanted.compare) shared.release_attempts(found.runtime);
  if (wanted.room > 0) found.attempts = shared.claim_attempts(found.runtime, wanted.room);
}

// Whether somebody is there no more: what was his may be due before what we looked at last.
bool Sharing::gone(const Found& found) const {
  return !std::includes(found.runtimes.begin(), found.runtimes.end(), runtimes_.begin(), runtimes_.end());
}

// Runs that sleep are not looked at, unless they have work.
void Sharing::compare(Tables& tables, const Wanted& wanted, Found& found) {
  std::set<std::string> ids(wanted.runs.begin(), wanted.runs.end());
  std::vector<std::string> page;
  do {
    page = tables.runs_with_work(found.runtime.id, page.empty() ? "" : page.back(), claims_at_once);
    ids.insert(page.begin(), page.end());
  } while (static_cast<int64_t>(page.size()) == claims_at_once);
  load(tables, {ids.begin(), ids.end()}, found.compared);
}

void Sharing::looked(const Result<>& outcome, const Wanted& wanted, Found& found) {
  bool at_once = false;
  if (outcome) {
    const bool first = !std::exchange(joined_, true);
    const bool look = first || found.lost || wanted.compare || gone(found);
    runtimes_ = std::move(found.runtimes);
    others_ = runtimes_.size() > 1;
    core_.follow_clock(found.offset_ns, clock_tolerance_ns + found.offset_error_ns);
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
    const bool more = found.orphans.size() == claims_at_once;
    if (more || found.lost) orphans_ = true;
    at_once = found.lost || more || found.claimed.size() == claims_at_once;
    server_->heard(wanted.served, std::move(found.served));
    if (static_cast<int64_t>(found.attempts.size()) == wanted.room) {
      starved_ = true;
      at_once = at_once || wanted.room == claims_at_once;
    }
    server_->take(std::move(found.attempts));
    for (LoadedRun& run : found.claimed) core_.replace(std::move(run));
    for (LoadedRun& run : found.orphans) core_.replace(std::move(run));
    if (wanted.compare && !found.lost) {
      core_.compare(wanted.runs, std::move(found.compared), found.runtime.id);
    }
    for (LoadedRun& run : found.woken) core_.refresh(std::move(run), found.runtime.id);
    for (auto& [update_id, answer] : found.answers) core_.waiters().tell(update_id, std::move(answer));
    for (const RunRow& last : found.ended) core_.watches().tell_chain(last.first_run_id, end_of(last));
    if (look) core_.sleepers().look();
  } else {
    if (wanted.compare) doubtful_ = true;
    if (wanted.orphans) orphans_ = true;
    if (!wanted.served.empty()) recheck_ = true;
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
      core_.at(core_.now_ns() + interval_.count(), [this, core = core_.shared_from_this()] {
        recheck_ = true;
        look();
      });
  const std::lock_guard lock(mutex_);
  if (ended_) return core_.cancel(timer);
  timer_ = timer;
}

void Sharing::has_room() {
  if (starved_.exchange(false)) look();
}

void Sharing::give_back() {
  core_.transact(
      [this](Tables& tables, ScriptContext&) -> Result<> {
        tables.shared()->release_attempts(runtime());
        return {};
      },
      [](const Result<>&) {});  // not reached: they are free once we are gone
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
