// Stopping: one service with its dependents, removed ones, all.
#include <utility>

#include "units/supervisor/supervisor_impl.h"

namespace trivium::units {

using Phase = ServiceRunner::Phase;

void Supervisor::Impl::stop(const EntryId& id, ServiceDone done) {
  const ServiceGraph services = graph(true);
  auto sequence = std::make_shared<StopSequence>();
  sequence->levels = stop_levels(services, with_dependents(services, id));
  sequence->done = std::move(done);
  stop_level(sequence);
}

void Supervisor::Impl::remove(const std::set<EntryId>& ids, ServiceDone done) {
  std::set<EntryId> known;
  for (const EntryId& id : ids) {
    const auto at = entries_.find(id);
    if (at == entries_.end()) continue;
    at->second.leaving = true;
    known.insert(id);
  }
  auto sequence = std::make_shared<StopSequence>();
  sequence->levels = stop_levels(graph(true), known);
  sequence->done = [this, known, done = std::move(done)](const Result<>& result) {
    for (const EntryId& id : known) {
      if (entries_.erase(id) == 0) continue;
      board_.remove(id);
      options_.log.info("service removed", {{"serviceID", id.text()}});
    }
    done(result);
  };
  stop_level(sequence);
}

void Supervisor::Impl::stop_all(Duration timeout, ServiceDone done) {
  if (stop_all_result_) {
    done(*stop_all_result_);
    return;
  }
  stop_all_done_.push_back(std::move(done));
  if (std::exchange(stop_all_begun_, true)) return;

  std::set<EntryId> all;
  for (const auto& [id, entry] : entries_) all.insert(id);
  auto sequence = std::make_shared<StopSequence>();
  sequence->levels = stop_levels(graph(true), all);
  sequence->done = [this](const Result<>& result) { finish_stop_all(result); };

  if (timeout > Duration::zero()) {
    stop_all_timer_ =
        options_.timers.after(timeout, [this, strand = strand_, weak = std::weak_ptr(sequence)] {
          // Running a task may destroy this function.
          const auto keep = strand;  // NOLINT(performance-unnecessary-copy-initialization)
          keep->post([this, weak] {
            const auto sequence = weak.lock();
            if (!sequence || stop_all_result_) return;
            sequence->given_up = true;
            options_.log.error("services did not stop in time",
                               {{"level", static_cast<int64_t>(sequence->next)}});
            finish_stop_all(fail(kind::timeout, "services did not stop in time"));
          });
        });
  }

  for (size_t level = 0; level < sequence->levels.size(); ++level) {
    for (const EntryId& id : sequence->levels[level]) {
      const Entry& entry = entries_.at(id);
      const Phase phase = entry.runner->phase();
      if (entry.planned || phase == Phase::starting || phase == Phase::delayed) {
        stop_one(id, level, [](const Result<>&) {});
      }
    }
  }
  stop_level(sequence);
}

void Supervisor::Impl::finish_stop_all(const Result<>& result) {
  stop_all_result_ = result;
  options_.timers.cancel(std::exchange(stop_all_timer_, sched::TimerId::none));
  for (const ServiceDone& done : std::exchange(stop_all_done_, {})) done(result);
}

void Supervisor::Impl::stop_level(const std::shared_ptr<StopSequence>& sequence) {
  if (sequence->given_up) return;
  while (sequence->next < sequence->levels.size()) {
    const size_t level = sequence->next++;
    const std::vector<EntryId>& ids = sequence->levels[level];
    // One more than there are, so that services that are stopped already do not end the level early.
    sequence->open = ids.size() + 1;
    for (const EntryId& id : ids) {
      stop_one(id, level, [this, sequence](const Result<>& result) {
        if (!result && !sequence->error) sequence->error = result.error();
        if (--sequence->open == 0) stop_level(sequence);
      });
    }
    if (--sequence->open > 0) return;
  }
  sequence->done(sequence->error ? Result<>(tl::unexpected(*sequence->error)) : Result<>());
}

void Supervisor::Impl::stop_one(const EntryId& id, size_t level, ServiceDone done) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return done({});
  const auto runner = at->second.runner;
  if (at->second.planned) abandon(id);
  runner->stop(static_cast<int64_t>(level), std::move(done));
}

void Supervisor::Impl::abandon(const EntryId& id) {
  Entry& entry = entries_.at(id);
  entry.planned = false;
  entry.awaits.clear();
  const Error error = Error::of(kind::canceled, "start of " + id.text() + " was given up: stop requested");
  entry.setback = error;
  settle(id, tl::unexpected(error));
  hold_dependents(id, error, true);
}

}  // namespace trivium::units
