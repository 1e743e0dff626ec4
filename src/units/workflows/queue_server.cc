#include "units/workflows/queue_server.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/json.h"
#include "units/workflows/attempt_outcome.h"
#include "units/workflows/core.h"
#include "units/workflows/failure.h"
#include "units/workflows/header.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

constexpr auto pause = std::chrono::seconds(1);  // after the store could not be reached

// The run's runtime sees no sign of life that it is not told of, and each may be as old as this when it is.
Duration beat_interval(const ServiceOptions& options, const Object& scheduled) {
  const Duration limit(integer_at(scheduled, "heartbeat_timeout"));
  if (limit.count() <= 0) return options.heartbeat_interval;
  return std::min<Duration>(limit / 3, options.longest_heartbeat_interval);
}

}  // namespace

QueueServer::~QueueServer() = default;

// --- any thread ---------------------------------------------------------------------------------------

void QueueServer::post(sched::Task task) {
  if (core_.released()) return;
  {
    const std::lock_guard lock(mutex_);
    mail_.emplace_back([core = core_.shared_from_this(), task = std::move(task)]() mutable { task(); });
  }
  core_.parts().scheduler.wake(*this);
}

size_t QueueServer::room() const {
  const size_t room = core_.slots().room();
  const size_t arriving = arriving_.load(std::memory_order_relaxed);
  return room > arriving ? room - arriving : 0;
}

void QueueServer::take(std::vector<ClaimedAttempt> claimed) {
  if (claimed.empty()) return;
  arriving_.fetch_add(claimed.size(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    for (const ClaimedAttempt& attempt : claimed) runs_.insert(attempt.attempt.run_id);
  }
  post([this, claimed = std::move(claimed)]() mutable {
    for (ClaimedAttempt& attempt : claimed) {
      accept(std::move(attempt));
      arriving_.fetch_sub(1, std::memory_order_relaxed);
    }
  });
}

std::vector<std::string> QueueServer::runs() const {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  for (auto at = runs_.begin(); at != runs_.end(); at = runs_.upper_bound(*at)) ids.push_back(*at);
  return ids;
}

void QueueServer::heard(std::vector<std::string> runs, std::vector<AttemptRow> attempts) {
  if (runs.empty()) return;
  post([this, runs = std::move(runs), attempts = std::move(attempts)] { check(runs, attempts); });
}

void QueueServer::close() {
  post([this] {
    for (const auto& [key, served] : served_) {
      if (served->running) served->running->cancel();
      for (const sched::TimerId timer : served->armed) core_.cancel(timer);
    }
    served_.clear();
  });
}

void QueueServer::abandon() {
  std::vector<sched::Task> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  mail.clear();
  served_.clear();
}

// --- its turn -----------------------------------------------------------------------------------------

sched::Outcome QueueServer::run() {
  std::vector<sched::Task> mail;
  {
    const std::lock_guard lock(mutex_);
    mail.swap(mail_);
  }
  for (sched::Task& task : mail) task();
  return sched::Outcome::idle;
}

QueueServer::Key QueueServer::key_of(const AttemptRow& row) {
  return {row.run_id, row.scheduled_event_id, row.attempt, row.fence};
}

QueueServer::Served* QueueServer::find(const Key& key) {
  const auto at = served_.find(key);
  return at == served_.end() ? nullptr : at->second.get();
}

std::function<void()> QueueServer::on_turn(const Served& served, Step step) {
  return [self = sched::Ref<QueueServer>(this), core = core_.shared_from_this(), key = key_of(served.row),
          step] {
    self->post([self = self.get(), key, step] {
      if (Served* served = self->find(key)) (self->*step)(*served);
    });
  };
}

void QueueServer::later(Served& served, Duration delay, Step step) {
  served.armed.push_back(core_.at(core_.now_ns() + delay.count(), on_turn(served, step)));
}

void QueueServer::drop(const Key& key) {
  const auto at = served_.find(key);
  if (at == served_.end()) return;
  for (const sched::TimerId timer : at->second->armed) core_.cancel(timer);
  {
    const std::lock_guard lock(mutex_);
    if (const auto run = runs_.find(key.run_id); run != runs_.end()) runs_.erase(run);
  }
  served_.erase(at);
  if (Sharing* sharing = core_.sharing()) sharing->has_room();
}

// --- attempts -----------------------------------------------------------------------------------------

void QueueServer::accept(ClaimedAttempt claimed) {
  Key key = key_of(claimed.attempt);
  auto made = std::make_unique<Served>();
  made->row = std::move(claimed.attempt);
  made->activity = std::move(claimed.activity);
  made->workflow_id = std::move(claimed.workflow_id);
  made->workflow_type = std::move(claimed.workflow_type);
  Served& served = *made;
  served_.insert_or_assign(std::move(key), std::move(made));
  const std::string id(text_at(served.activity.scheduled, "activity_type.name"));
  if (!core_.parts().functions.exists(id)) {
    if (served.row.attempt == 1) tell_unknown_function(core_.log(), served.workflow_id, id);
    return ended(served, unknown_function(id, core_.parts().functions.ids()));
  }
  served.slot = core_.slots().take(on_turn(served, &QueueServer::with_slot));
  if (served.slot->held()) with_slot(served);
}

void QueueServer::with_slot(Served& served) {
  served.row.called = true;
  begin(served);
}

// Until it is known that it is durable, and that nobody else has the attempt.
void QueueServer::begin(Served& served) {
  served.row.begun_ns = core_.now_ns();
  auto told = std::make_shared<bool>(false);
  core_.transact(
      [told, row = served.row](Tables& tables, ScriptContext&) -> Result<> {
        *told = tables.shared()->tell_attempt(row);
        return {};
      },
      [self = sched::Ref<QueueServer>(this), told, key = key_of(served.row)](const Result<>& outcome) {
        self->post([self = self.get(), told, key, reached = outcome.has_value()] {
          Served* served = self->find(key);
          if (served == nullptr) return;
          if (!reached) return self->later(*served, pause, &QueueServer::begin);
          if (!*told) return self->drop(key);
          if (!served->row.cancel_requested) return self->call(*served);
          self->ended(*served,
                      attempt_outcome(lua::Reply::failure(Error::of(kind::canceled, "context canceled"))));
        });
      });
}

void QueueServer::call(Served& served) {
  Result<Values> arguments = values_of(served.activity.scheduled.find("input"));
  if (!arguments) return ended(served, Object{{"failure", failure_of(arguments.error())}});
  served.context = std::make_shared<AttemptContext>(
      attempt_info(served.activity, {served.workflow_id, served.row.run_id, served.workflow_type},
                   core_.now_ns()),
      core_.parts().clock, on_turn(served, &QueueServer::note_beat));
  served.running = core_.parts().functions.call(
      std::string(text_at(served.activity.scheduled, "activity_type.name")), std::move(*arguments),
      frame_of(served.activity.scheduled.find("header")), served.context,
      [self = sched::Ref<QueueServer>(this), core = core_.shared_from_this(), key = key_of(served.row),
       slot = served.slot](const lua::Reply& reply) {
        // While the worker stops, its place is held until the outcome is durable.
        if (!core->slots().closed()) slot->give_back();
        self->post([self = self.get(), key, outcome = attempt_outcome(reply)] {
          if (Served* served = self->find(key)) self->ended(*served, outcome);
        });
      });
  if (served.context->when_begun(on_turn(served, &QueueServer::has_worker))) return;
  // It waits for one of its function's.
  served.row.begun_ns = 0;
  tell(served);
}

void QueueServer::has_worker(Served& served) {
  if (served.row.begun_ns != 0 || !served.running) return;
  served.row.begun_ns = core_.now_ns();
  tell(served);
}

void QueueServer::note_beat(Served& served) {
  if (!served.running) return;
  const int64_t now = core_.parts().clock.monotonic_ns();
  if (now < served.may_tell_ns) {
    return later(served, Duration(served.may_tell_ns - now), &QueueServer::note_beat);
  }
  served.may_tell_ns = now + beat_interval(core_.options(), served.activity.scheduled).count();
  served.row.heartbeat = served.context->noted();
  served.row.beat_ns = core_.now_ns() - (now - served.context->last_beat_ns());
  tell(served);
}

// What comes later, or its end, tells it again.
void QueueServer::tell(const Served& served) {
  core_.transact(
      [row = served.row](Tables& tables, ScriptContext&) -> Result<> {
        (void)tables.shared()->tell_attempt(row);
        return {};
      },
      [](const Result<>&) {});
}

void QueueServer::ended(Served& served, const Object& outcome) {
  served.running.reset();
  served.row.called = true;
  if (served.context && served.context->beats()) {
    served.row.heartbeat = served.context->noted();
    if (served.row.beat_ns == 0) served.row.beat_ns = core_.now_ns();
  }
  served.row.outcome = json::encode(outcome).value_or("{}");
  finish(served);
}

void QueueServer::finish(Served& served) {
  core_.transact([row = served.row](Tables& tables,
                                    ScriptContext& context) { return finish_attempt(tables, row, context); },
                 [self = sched::Ref<QueueServer>(this), key = key_of(served.row)](const Result<>& outcome) {
                   self->post([self = self.get(), key, reached = outcome.has_value()] {
                     Served* served = self->find(key);
                     if (served == nullptr) return;
                     if (!reached) return self->later(*served, pause, &QueueServer::finish);
                     if (served->slot) served->slot->give_back();
                     self->drop(key);
                   });
                 },
                 {served.row.run_id});
}

// --- what others want ---------------------------------------------------------------------------------

void QueueServer::check(const std::vector<std::string>& runs, const std::vector<AttemptRow>& attempts) {
  std::map<Key, const AttemptRow*> there;
  for (const AttemptRow& row : attempts) there.emplace(key_of(row), &row);
  std::vector<Key> withdrawn;
  for (const auto& [key, served] : served_) {
    if (!std::binary_search(runs.begin(), runs.end(), key.run_id)) continue;
    const auto at = there.find(key);
    if (at == there.end()) {
      withdrawn.push_back(key);
    } else if (at->second->cancel_requested && !std::exchange(served->row.cancel_requested, true)) {
      cancel(*served);
    }
  }
  for (const Key& key : withdrawn) {
    Served& served = *find(key);
    if (served.running) served.running->cancel();  // nobody waits for it any more
    drop(key);
  }
}

void QueueServer::cancel(Served& served) {
  if (!served.running) return;  // it will not be called, or has ended
  served.context->request_cancel();
  // As at home: one that has to give signs of life hears of it with the next.
  const bool hears =
      served.context->beats() && integer_at(served.activity.scheduled, "heartbeat_timeout") > 0;
  if (!hears) served.running->cancel();
}

}  // namespace trivium::units::workflows
