// time.sleep, after, timer, ticker.
//
//   issued ── TimerStarted ──▶ started ── TimerFired ──▶ fired
//
// A ticker starts its next timer when one fires. Stopping sends nothing: the firing is ignored.
#include "units/workflows/meanings.h"

namespace trivium::units::workflows {
namespace {

enum class State { issued, started, fired };

constexpr Transition<State> transitions[] = {
    {State::issued, EventType::timer_started, State::started},
    {State::started, EventType::timer_fired, State::fired},
};

enum class Kind { sleep, once, ticker };

class Timer final : public Machine, public std::enable_shared_from_this<Timer> {
 public:
  Timer(lua::OpId op, Kind kind, Duration duration) : op_(op), kind_(kind), duration_(duration) {}

  void start(Instance& instance) {
    state_ = State::issued;
    std::string id = std::to_string(instance.next_sequence());
    if (!instance.timers().emplace(id, shared_from_this()).second) {
      return instance.fail_task(true, "[TMPRL1100] the code starts a second timer with id " + id);
    }
    instance.emit({EventType::timer_started,
                   Object{{"timer_id", std::move(id)}, {"start_to_fire_timeout", duration_.count()}},
                   {},
                   shared_from_this()});
  }

  void confirmed(const Event& event) override {
    state_ = next_state<State>(transitions, state_, event.type).value_or(state_);
  }

  bool resolve(const Event& event, Instance& instance) override {
    const auto next = next_state<State>(transitions, state_, event.type);
    if (!next) return false;
    state_ = *next;
    if (instance.abandoned(op_)) return true;
    if (kind_ == Kind::sleep) {
      instance.queue_completion(op_, {});
    } else {
      instance.queue_tick(op_);
      if (kind_ == Kind::ticker) start(instance);
    }
    return true;
  }

 private:
  const lua::OpId op_;
  const Kind kind_;
  const Duration duration_;
  State state_ = State::issued;
};

Plan start(Instance& instance, lua::OpId op, Kind kind, Duration duration) {
  return {std::nullopt,
          [&instance, timer = std::make_shared<Timer>(op, kind, duration)]() -> std::optional<lua::Reply> {
            timer->start(instance);
            return std::nullopt;
          }};
}

}  // namespace

Plan plan(Instance& instance, lua::OpId op, Sleep& command) {
  if (command.duration.count() <= 0) return Plan::now({});
  return start(instance, op, Kind::sleep, command.duration);
}

Plan plan(Instance& instance, lua::OpId op, StartTimer& command) {
  return start(instance, op, command.periodic ? Kind::ticker : Kind::once, command.duration);
}

}  // namespace trivium::units::workflows
