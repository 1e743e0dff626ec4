#include "units/workflows/core.h"

#include <array>
#include <utility>

#include "core/uuid.h"

namespace trivium::units::workflows {
namespace {

std::string random_uuid(Random& random) {
  Uuid::Bytes bytes;
  random.secure_bytes(bytes.data(), bytes.size());
  return Uuid::v4(bytes).text();
}

ServiceOptions completed(ServiceOptions options) {
  if (options.task_queue.empty()) options.task_queue = options.worker;
  return options;
}

}  // namespace

Core::Core(const ServiceParts& parts, ServiceOptions options, std::unique_ptr<StoreQueue> store,
           std::vector<std::unique_ptr<StoreQueue>> readers)
    : parts_(parts),
      options_(completed(std::move(options))),
      engine_parts_{parts.environment,
                    parts.programs,
                    parts.functions,
                    parts.processes,
                    [this](const std::string& host) -> std::optional<std::string> {
                      if (host == options_.worker) return options_.task_queue;
                      const auto other = options_.queues.find(host);
                      if (other == options_.queues.end()) return std::nullopt;
                      return other->second;
                    },
                    parts.log,
                    options_.memory_limit,
                    options_.log_in_replay,
                    parts.permissions,
                    static_cast<size_t>(options_.max_events)},
      store_(std::move(store)),
      readers_(std::move(readers)),
      slots_(std::make_shared<Slots>(options_.most_activities, options_.activities_per_second, parts.timers)),
      task_slots_(options_.most_tasks == 0 ? nullptr
                                           : std::make_shared<Slots>(options_.most_tasks, 0, parts.timers)),
      id_prefix_(random_uuid(parts.random)) {
  if (options_.lease.count() <= 0) return;
  clock_offset_ns_ = parts_.clock.wall_ns() - parts_.clock.monotonic_ns();  // until the database was asked
  sharing_ = std::make_unique<Sharing>(*this, options_.lease);
}

std::string Core::new_run_id() const { return random_uuid(parts_.random); }

std::string Core::new_workflow_id() {
  char counter[24];
  std::snprintf(counter, sizeof counter, "_0x%05llx", static_cast<unsigned long long>(++last_workflow_));
  return id_prefix_ + counter;
}

void Core::follow_clock(int64_t offset_ns, int64_t tolerance_ns) {
  const int64_t change = offset_ns - clock_offset_ns_.load(std::memory_order_relaxed);
  if (std::abs(change) > tolerance_ns) clock_offset_ns_.store(offset_ns, std::memory_order_relaxed);
}

void Core::transact(Script script, std::function<void(Result<>)> done, TransactionHints hints) {
  auto context = std::make_shared<ScriptContext>();
  prepare(*context);
  store_->submit({[this, context, script = std::move(script)](Tables& tables) {
                    context->changes = {};
                    context->now_ns = now_ns();
                    if (sharing_) {
                      context->owner = sharing_->owner();
                      context->task_queue = options_.task_queue;
                      context->others = sharing_->others();
                    }
                    const int64_t before = tables.writes();
                    Result<> outcome = script(tables, *context);
                    context->wrote = tables.writes() != before;
                    return outcome;
                  },
                  [self = shared_from_this(), context, done = std::move(done)](Result<> outcome) {
                    self->note_outcome(outcome, context->wrote);
                    if (outcome) self->apply(context->changes);
                    done(std::move(outcome));
                  },
                  false, std::move(hints.run_id), hints.ends_turn});
}

void Core::look(Look look, std::function<void(Result<>)> done) {
  StoreQueue& queue = readers_.empty()
                          ? *store_
                          : *readers_[next_reader_.fetch_add(1, std::memory_order_relaxed) % readers_.size()];
  queue.submit(
      {std::move(look),
       [self = shared_from_this(), done = std::move(done)](Result<> outcome) { done(std::move(outcome)); },
       true,
       {},
       false});
}

void Core::prepare(ScriptContext& context) {
  context.new_run_id = [this] { return new_run_id(); };
  context.code_of = [this](const std::string& type) -> std::optional<CodeText> {
    if (const auto code = parts_.programs.find(type)) return text_of(*code);
    return std::nullopt;
  };
  context.has_source = [this](const std::string& hash) {
    const std::lock_guard lock(mutex_);
    return stored_.contains(hash);
  };
}

void Core::note_outcome(const Result<>& outcome, bool wrote) {
  if (stopped()) return;
  const bool trouble = !outcome && outcome.error().kind == kind::unavailable;
  if (trouble && sharing_) sharing_->doubt();
  if (!trouble && !wrote) return;  // reading works on a full disk too
  if (in_trouble_.exchange(trouble, std::memory_order_relaxed) == trouble) return;
  if (trouble) {
    log().error("workflows wait: what they do cannot be written; tried again every second",
                {{"error", outcome.error().message}});
  } else {
    log().info("workflows go on: the store can be written again");
  }
}

sched::TimerId Core::at(int64_t due_ns, sched::Task task) {
  const int64_t delay = std::max<int64_t>(0, due_ns - now_ns());
  return parts_.timers.at(parts_.timers.clock().monotonic_ns() + delay, std::move(task));
}

bool Core::add_run(LoadedRun loaded) {
  if (stopped() || !ours(loaded.row)) return false;
  const std::string id = loaded.row.run_id;
  sched::Ref<Run> run = sched::make_ref<Run>(shared_from_this(), std::move(loaded));
  {
    const std::lock_guard lock(mutex_);
    if (let_go_ || !runs_.emplace(id, run).second) return false;
  }
  parts_.scheduler.wake(*run);
  return true;
}

bool Core::in_memory(const std::string& run_id) { return find(run_id) != nullptr; }

std::vector<std::string> Core::all_in_memory() {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  ids.reserve(runs_.size());
  for (const auto& [id, run] : runs_) ids.push_back(id);
  return ids;
}

bool Core::leave(Run& run, int64_t due_ns) {
  sched::Ref<Run> left;  // outlives the lock
  {
    const std::lock_guard lock(mutex_);
    const auto at = runs_.find(run.run_id());
    if (at == runs_.end() || at->second.get() != &run) return false;
    left = std::move(at->second);
    runs_.erase(at);
  }
  sleepers_.add(run.run_id(), due_ns);
  return true;
}

Service::Counts Core::counts() {
  Service::Counts counts;
  counts.due = sleepers_.window();
  const std::lock_guard lock(mutex_);
  counts.runs = runs_.size();
  counts.instances = recent_.size();
  return counts;
}

bool Core::ours(const RunRow& run) const { return !sharing_ || run.owner == sharing_->owner(); }

sched::Ref<Run> Core::find(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  const auto at = runs_.find(run_id);
  return at == runs_.end() ? nullptr : at->second;
}

void Core::apply(Changes& changes) {
  if (!changes.sources.empty()) {
    const std::lock_guard lock(mutex_);
    stored_.insert(changes.sources.begin(), changes.sources.end());
  }
  const std::string owner = sharing_ ? sharing_->owner() : std::string();
  for (RunRow& row : changes.started) {
    if (row.owner == owner) add_run({std::move(row), {}, {}, {}, {}});
  }
  for (Changes::Posted& posted : changes.posted) {
    if (const sched::Ref<Run> run = find(posted.run_id)) {
      run->take(std::move(posted.inbound));
    } else if (posted.owner == owner && !posted.parked) {
      sleepers_.wake(posted.run_id);
    }
  }
  for (const Changes::Retried& retried : changes.retried) {
    if (const sched::Ref<Run> run = find(retried.run_id)) {
      run->retry();
    } else if (retried.owner == owner) {
      sleepers_.wake(retried.run_id);
    }
  }
  for (UpdateAnswer& answer : changes.answered) {
    waiters_.tell(answer.update_id, reply_of_outcome(answer.outcome));
  }
  for (const RunRow& row : changes.closed) {
    drop(row.run_id);
    waiters_.tell_run(row.run_id, ended_before_answer());
    if (row.next_run_id.empty()) watches_.tell_chain(row.first_run_id, end_of(row));
  }
}

// --- code -------------------------------------------------------------------------------------------

bool Core::wants_source(const RunRow& run) {
  const std::optional<WorkflowCode> newest = parts_.programs.find(run.type);
  return choose_code(run, newest ? &*newest : nullptr) == CodeChoice::recorded &&
         codes_.find(run.code_hash) == nullptr;
}

Result<CodeCache::Ref> Core::recorded_code(const std::string& hash, std::optional<std::string> stored) {
  if (CodeCache::Ref known = codes_.find(hash)) return known;
  if (!stored) return fail(kind::not_found, "the store does not have the code it is on: " + short_hash(hash));
  Result<WorkflowCode> made = parts_.programs.compile(hash, std::move(*stored));
  if (!made) {
    return fail(kind::invalid, "the code it is on (" + short_hash(hash) +
                                   ") cannot be used by this runtime: " + made.error().message);
  }
  auto code = std::make_shared<const WorkflowCode>(std::move(*made));
  codes_.add(code);
  return CodeCache::Ref(std::move(code));
}

void Core::forget_sources() {
  const std::lock_guard lock(mutex_);
  stored_.clear();
}

// --- shared stores ----------------------------------------------------------------------------------

void Core::drop(const std::string& run_id) {
  sched::Ref<Run> run;
  {
    const std::lock_guard lock(mutex_);
    const auto at = runs_.find(run_id);
    if (at == runs_.end()) return;
    run = std::move(at->second);
    if (!let_go_) closing_.emplace(run.get(), run);
    runs_.erase(at);
  }
  run->close_from_outside();
}

Error Core::moved() {
  Error error = Error::of(kind::unavailable,
                          "another runtime goes on with the workflow: it may still carry out the update");
  error.retryable = true;
  return error;
}

void Core::drop(const Run& run) {
  waiters_.tell_run(run.run_id(), moved());
  sched::Ref<Run> dropped;  // outlives the lock
  const std::lock_guard lock(mutex_);
  const auto at = runs_.find(run.run_id());
  if (at == runs_.end() || at->second.get() != &run) return;  // another one goes on with it
  dropped = std::move(at->second);
  runs_.erase(at);
}

void Core::knows_its_end(const Run& run) {
  sched::Ref<Run> known;  // outlives the lock
  const std::lock_guard lock(mutex_);
  const auto at = closing_.find(&run);
  if (at == closing_.end()) return;
  known = std::move(at->second);
  closing_.erase(at);
}

void Core::drop_all() {
  std::unordered_map<std::string, sched::Ref<Run>> runs;
  {
    const std::lock_guard lock(mutex_);
    runs.swap(runs_);
    if (!let_go_) {
      for (const auto& [id, run] : runs) closing_.emplace(run.get(), run);
    }
  }
  for (const auto& [id, run] : runs) {
    waiters_.tell_run(id, moved());
    run->close_from_outside();
  }
}

void Core::replace(LoadedRun loaded) {
  drop(loaded.row.run_id);
  add_run(std::move(loaded));
}

void Core::refresh(LoadedRun loaded, const std::string& owner) {
  const RunRow& row = loaded.row;
  if (row.status != RunStatus::running || row.owner != owner) {
    drop(row.run_id);
    waiters_.tell_run(row.run_id, row.status != RunStatus::running ? ended_before_answer() : moved());
    if (row.status != RunStatus::running && row.next_run_id.empty()) {
      watches_.tell_chain(row.first_run_id, end_of(row));
    }
    return;
  }
  const sched::Ref<Run> run = find(row.run_id);
  if (!run) {
    if (row.parked.empty()) (void)add_run(std::move(loaded));
    return;
  }
  if (row.parked.empty()) run->retry();
  run->hear(std::move(loaded.attempts));
  for (InboundRow& inbound : loaded.inbound) run->take(std::move(inbound));
}

void Core::compare(const std::vector<std::string>& known, std::vector<LoadedRun> loaded,
                   const std::string& owner) {
  std::unordered_set<std::string> gone(known.begin(), known.end());
  for (LoadedRun& run : loaded) {
    gone.erase(run.row.run_id);
    refresh(std::move(run), owner);
  }
  for (const std::string& id : gone) drop(id);
}

void Core::cached(Run& run) {
  sched::Ref<Run> victim;
  {
    const std::lock_guard lock(mutex_);
    if (let_go_) return;
    if (const auto at = in_recent_.find(&run); at != in_recent_.end()) {
      recent_.splice(recent_.begin(), recent_, at->second);
      return;
    }
    recent_.push_front(sched::Ref<Run>(&run));
    in_recent_[&run] = recent_.begin();
    if (recent_.size() <= options_.cached_instances) return;
    victim = std::move(recent_.back());
    in_recent_.erase(victim.get());
    recent_.pop_back();
  }
  victim->evict();
}

void Core::uncached(Run& run) {
  sched::Ref<Run> forgotten;
  const std::lock_guard lock(mutex_);
  const auto at = in_recent_.find(&run);
  if (at == in_recent_.end()) return;
  forgotten = std::move(*at->second);
  recent_.erase(at->second);
  in_recent_.erase(at);
}

void Core::retry_parked() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, run] : runs_) run->retry();
  }
  constexpr int64_t page = 500;
  auto parked = std::make_shared<std::vector<std::string>>();
  transact(
      [this, parked](Tables& tables, ScriptContext&) -> Result<> {
        parked->clear();
        RunFilter filter;
        filter.parked = true;
        for (int64_t offset = 0;; offset += page) {
          const std::vector<RunRow> rows = tables.list_runs(filter, page, offset);
          for (const RunRow& row : rows) {
            if (ours(row)) parked->push_back(row.run_id);
          }
          if (static_cast<int64_t>(rows.size()) < page) return {};
        }
      },
      [self = shared_from_this(), parked](const Result<>&) {  // failed: whoever wants it asks again
        for (const std::string& id : *parked) {
          if (!self->in_memory(id)) self->sleepers_.wake(id);
        }
      });
}

void Core::poll_operations() {
  if (stopped() || options_.operations_poll.count() <= 0) return;
  const sched::TimerId timer = at(now_ns() + options_.operations_poll.count(), [self = shared_from_this()] {
    self->transact(
        [](Tables& tables, ScriptContext& context) -> Result<> {
          apply_operations(tables, context);
          return {};
        },
        [self](const Result<>&) { self->poll_operations(); });  // failed: next time
  });
  const std::lock_guard lock(mutex_);
  poll_ = timer;
}

void Core::sweep() {
  if (stopped()) return;
  // Few at a time, so that nobody waits long for the store.
  constexpr int64_t batch = 100;
  auto removed = std::make_shared<int64_t>(0);
  std::vector<std::string> current;
  for (const std::string& type : parts_.programs.types()) {
    if (const auto code = parts_.programs.find(type)) current.push_back(code->hash);
  }
  transact(
      [removed, current = std::move(current), retention = options_.retention.count()](
          Tables& tables, ScriptContext& context) -> Result<> {
        *removed = tables.delete_closed_runs(context.now_ns - retention, batch);
        if (*removed < batch) sweep_sources(tables, current, retention, context);
        return {};
      },
      [self = shared_from_this(), removed](const Result<>&) {  // failed: next time
        if (*removed == batch) return self->sweep();
        self->forget_sources();
        // Kept for less than that, they do not stay much longer.
        const Duration interval =
            std::min<Duration>(self->options_.sweep_interval,
                               std::max<Duration>(self->options_.retention, std::chrono::minutes(1)));
        if (self->stopped() || interval.count() <= 0) return;
        const sched::TimerId timer = self->at(self->now_ns() + interval.count(), [self] { self->sweep(); });
        const std::lock_guard lock(self->mutex_);
        self->sweep_ = timer;
      });
}

void Core::abandon() {
  if (sharing_) sharing_->server().abandon();
}

std::vector<sched::Ref<Run>> Core::stop() {
  if (stopped()) return {};
  slots_->close();
  if (sharing_) sharing_->give_back();
  if (options_.stop_timeout.count() > 0) (void)slots_->wait_until_free(options_.stop_timeout);
  if (stopped_.exchange(true)) return {};
  if (task_slots_) task_slots_->close();
  {
    const std::lock_guard lock(mutex_);
    cancel(poll_);
    cancel(sweep_);
  }
  sleepers_.stop();
  if (sharing_) sharing_->end();
  store_->stop();
  for (const auto& reader : readers_) reader->stop();
  std::unordered_map<std::string, sched::Ref<Run>> runs;
  std::unordered_map<const Run*, sched::Ref<Run>> closing;
  Recent recent;
  {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    runs.swap(runs_);
    closing.swap(closing_);
    recent.swap(recent_);
    in_recent_.clear();
  }
  std::vector<sched::Ref<Run>> left;
  left.reserve(runs.size() + closing.size());
  for (const auto& [address, run] : closing) left.push_back(run);
  for (const auto& [id, run] : runs) {
    run->close_from_outside();
    left.push_back(run);
  }
  if (sharing_) sharing_->server().close();
  released_.store(true, std::memory_order_release);
  const Error stops{std::string(kind::unavailable), "the runtime stops", true, Value(), {}, {}};
  watches_.tell_all({stops, {}});
  waiters_.tell_all(stops);
  return left;
}

}  // namespace trivium::units::workflows
