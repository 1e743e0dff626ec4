#include "units/workflows/sleepers.h"

#include <utility>

#include "units/workflows/core.h"

namespace trivium::units::workflows {
namespace {

constexpr size_t loads_at_once = 100;
// The window is read on when its end comes as near as this.
constexpr int64_t lead_ns = std::chrono::nanoseconds(std::chrono::seconds(2)).count();
// Whatever is due: the wall clock may be set, and a machine that was suspended finds out.
constexpr int64_t minute_ns = std::chrono::nanoseconds(std::chrono::minutes(1)).count();
constexpr int64_t second_ns = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

}  // namespace

void Sleepers::look() {
  uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    generation = ++generation_;
    horizon_ = {};
    complete_ = false;
    reading_ = true;
  }
  read_page({}, generation);
}

void Sleepers::add(const std::string& run_id, int64_t due_ns) {
  if (due_ns == 0) return;
  Due due{due_ns, run_id};
  const std::lock_guard lock(mutex_);
  if (stopped_ || (!complete_ && horizon_ < due)) return;
  window_.insert(std::move(due));
  trim();
  arm();
}

// --- the window -------------------------------------------------------------------------------------

void Sleepers::read_page(const Due& after, uint64_t generation) {
  auto page = std::make_shared<DuePage>();
  core_.transact(
      [this, page, after](Tables& tables, ScriptContext&) -> Result<> {
        const auto limit = static_cast<int64_t>(core_.options().due_window);
        if (Sharing* sharing = core_.sharing()) {
          const RuntimeRow runtime = sharing->runtime();
          *page = tables.due_after(after, limit, &runtime);
        } else {
          *page = tables.due_after(after, limit, nullptr);
        }
        return {};
      },
      [this, core = core_.shared_from_this(), page, generation](const Result<>& outcome) {
        page_read(outcome.has_value(), *page, generation);
      });
}

void Sleepers::page_read(bool read, const DuePage& page, uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || generation != generation_) return;
  reading_ = false;
  if (read) {
    window_.insert(page.due.begin(), page.due.end());
    horizon_ = page.end;
    complete_ = page.last;
    trim();
  } else {
    read_again_ns_ = core_.now_ns() + second_ns;
  }
  arm();
}

void Sleepers::trim() {
  const size_t kept = std::max<size_t>(1, core_.options().due_window);
  if (window_.size() <= 2 * kept) return;
  const auto last = std::next(window_.begin(), static_cast<std::ptrdiff_t>(kept) - 1);
  if (last->due_ns <= core_.now_ns() + lead_ns) return;
  horizon_ = *last;
  complete_ = false;
  reading_ = false;
  ++generation_;
  window_.erase(std::next(last), window_.end());
}

bool Sleepers::may_read() const {
  return !complete_ && !reading_ && queue_.size() <= core_.options().due_window;
}

void Sleepers::arm() {
  int64_t next = INT64_MAX;
  if (!window_.empty()) next = window_.begin()->due_ns;
  if (may_read()) next = std::min(next, std::max(horizon_.due_ns - lead_ns, read_again_ns_));
  if (next == INT64_MAX) return;
  next = std::min(next, core_.now_ns() + minute_ns);
  if (alarm_ != sched::TimerId::none && armed_for_ns_ <= next) return;
  core_.cancel(alarm_);
  armed_for_ns_ = next;
  alarm_ = core_.at(next, [this, core = core_.shared_from_this()] { ring(); });
}

void Sleepers::ring() {
  std::vector<std::string> due;
  bool read = false;
  Due after;
  uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    alarm_ = {};
    const int64_t now = core_.now_ns();
    while (!window_.empty() && window_.begin()->due_ns <= now) {
      due.push_back(std::move(window_.extract(window_.begin()).value().run_id));
    }
    if (may_read() && std::max(horizon_.due_ns - lead_ns, read_again_ns_) <= now) {
      read = reading_ = true;
      after = horizon_;
      generation = generation_;
    }
    arm();
  }
  for (const std::string& run_id : due) {
    if (!core_.in_memory(run_id)) wake(run_id);  // what is there has a timer of its own
  }
  if (read) read_page(after, generation);
}

// --- loading ----------------------------------------------------------------------------------------

void Sleepers::wake(const std::string& run_id) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || !queued_.insert(run_id).second) return;
    queue_.push_back(run_id);
    if (std::exchange(loading_, true)) return;
  }
  load();
}

// Those that are due at one time are read together.
void Sleepers::load() {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mutex_);
    crowded_ = waking_ >= core_.options().wakes_at_once;
    if (stopped_ || queue_.empty() || crowded_) {
      loading_ = crowded_;
      return;
    }
    while (!queue_.empty() && ids.size() < loads_at_once) {
      ids.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    arm();  // the window may have waited for room in the queue
  }
  auto runs = std::make_shared<std::vector<LoadedRun>>();
  core_.transact(
      [this, ids, runs](Tables& tables, ScriptContext&) -> Result<> {
        std::vector<RunRow> rows = core_.sharing() != nullptr
                                       ? tables.shared()->take(core_.sharing()->runtime(), ids)
                                       : tables.find_runs(ids);
        std::erase_if(rows, [](const RunRow& row) { return row.status != RunStatus::running; });
        *runs = load_runs(tables, std::move(rows));
        return {};
      },
      [this, core = core_.shared_from_this(), ids, runs](const Result<>& outcome) {
        loaded(outcome.has_value(), ids, std::move(*runs));
      });
}

void Sleepers::loaded(bool read, const std::vector<std::string>& ids, std::vector<LoadedRun> runs) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    if (read) {
      for (const std::string& id : ids) queued_.erase(id);
      waking_ += runs.size();
    } else {
      queue_.insert(queue_.begin(), ids.begin(), ids.end());
      core_.at(core_.now_ns() + second_ns, [this, core = core_.shared_from_this()] { load(); });
    }
  }
  if (!read) return;
  for (LoadedRun& run : runs) {
    run.woken = true;
    if (!core_.add_run(std::move(run))) awake();
  }
  load();
}

// Many may be due at one time: each takes the memory of a replay until it has had its task.
void Sleepers::awake() {
  {
    const std::lock_guard lock(mutex_);
    --waking_;
    if (stopped_ || !crowded_ || waking_ > core_.options().wakes_at_once / 2) return;
    crowded_ = false;
  }
  load();
}

void Sleepers::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  core_.cancel(alarm_);
  window_.clear();
  queue_.clear();
  queued_.clear();
}

size_t Sleepers::window() const {
  const std::lock_guard lock(mutex_);
  return window_.size();
}

}  // namespace trivium::units::workflows
