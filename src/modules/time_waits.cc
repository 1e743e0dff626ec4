#include "modules/time_waits.h"

#include <new>

#include "core/time_point.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"
#include "modules/channel_sink.h"
#include "modules/time_module.h"
#include "modules/time_values.h"
#include "units/commands/time.h"

namespace trivium::lua {
namespace {

constexpr const char* timer_metatable = "trivium.timer";
constexpr size_t ticker_capacity = 16;

TimePoint local_time(int64_t unix_ns) { return TimePoint::from_unix(0, unix_ns, Zone::local()); }

// One-shot: the firing time, then closed. Periodic: a time each tick, dropped while the channel is full.
class TimerSink final : public ChannelSink {
 public:
  explicit TimerSink(bool periodic) : periodic_(periodic) {}

  bool deliver(Isolate& isolate, Reply& reply) override {
    lua_State* L = isolate.main_state();
    const Value fired = first_value(reply.values);
    if (!periodic_) op_ = 0;
    if (channel() == nullptr) return false;
    if (channel()->has_receiver() || channel()->has_room()) {
      push_time(L, local_time(fired.is_int() ? fired.as_int() : isolate.host().now_ns()));
      channel()->offer(isolate, L);
    }
    if (periodic_) return true;
    close(isolate, L);
    return false;
  }

  bool arm(Isolate& isolate, Duration duration, std::shared_ptr<Sink> self, Error* error) {
    units::StartTimer command;
    command.duration = duration;
    command.periodic = periodic_;
    const std::optional<OpId> op = isolate.issue_to_sink(command, std::move(self), error);
    op_ = op.value_or(0);
    return op.has_value();
  }
  bool pending() const { return op_ != 0; }
  void disarm(Isolate& isolate) {
    if (op_ != 0) isolate.close_sink(std::exchange(op_, 0));
  }
  bool periodic() const { return periodic_; }
  void shut(Isolate& isolate, lua_State* L) { close(isolate, L); }
  void drop(Isolate& isolate) override {
    op_ = 0;
    ChannelSink::drop(isolate);
  }

 private:
  const bool periodic_;
  OpId op_ = 0;
};

// The handle Lua holds. The channel is its user value.
using Handle = std::shared_ptr<TimerSink>;

Handle& check_timer(lua_State* L) { return *static_cast<Handle*>(luaL_checkudata(L, 1, timer_metatable)); }

std::optional<Duration> positive(lua_State* L, int index, const char* function, Error* why) {
  const std::optional<Duration> duration = to_duration_argument(L, index, why);
  if (duration && *duration <= Duration::zero()) {
    *why = Error::of(kind::invalid, std::string("time.") + function + ": duration must be > 0");
    return std::nullopt;
  }
  return duration;
}

// Pushes the channel and returns the armed sink, or pushes nil and the error.
Handle start(lua_State* L, const char* function, bool periodic) {
  Error why;
  const std::optional<Duration> duration = positive(L, 1, function, &why);
  if (!duration) {
    push_failure(L, why);
    return nullptr;
  }
  Isolate& isolate = Isolate::from(L);
  isolate.check_can_suspend(L);
  auto sink = std::make_shared<TimerSink>(periodic);
  Channel::push_new(L, periodic ? ticker_capacity : 1);
  sink->attach(L);
  if (!sink->arm(isolate, *duration, sink, &why)) {
    push_failure(L, why);
    return nullptr;
  }
  return sink;
}

int channel_of(lua_State* L) {
  check_timer(L);
  lua_getiuservalue(L, 1, 1);
  return 1;
}

int stop(lua_State* L) {
  Handle& timer = check_timer(L);
  Isolate& isolate = Isolate::from(L);
  const bool pending = timer->pending();
  timer->disarm(isolate);
  timer->shut(isolate, L);
  lua_pushboolean(L, pending || timer->periodic());
  return isolate.return_in_turn(L, 1);
}

int rearm(lua_State* L) {
  Handle& timer = check_timer(L);
  if (timer->periodic()) return luaL_error(L, "a ticker cannot be reset");
  Error why;
  const std::optional<Duration> duration = positive(L, 2, "timer", &why);
  if (!duration) return luaL_error(L, "%s", why.message.c_str());
  const bool pending = timer->pending();
  if (pending && timer->attached()) {
    Isolate& isolate = Isolate::from(L);
    timer->disarm(isolate);
    timer->arm(isolate, *duration, timer, &why);
  }
  lua_pushboolean(L, pending);
  return 1;
}

int reset(lua_State* L) {
  const int results = rearm(L);
  return Isolate::from(L).return_in_turn(L, results);
}

int collect(lua_State* L) {
  static_cast<Handle*>(lua_touserdata(L, 1))->~Handle();
  return 0;
}

int push_handle(lua_State* L, const char* function, bool periodic) {
  Handle sink = start(L, function, periodic);
  if (!sink) return 2;
  void* memory = lua_newuserdatauv(L, sizeof(Handle), 1);
  new (memory) Handle(std::move(sink));
  if (luaL_newmetatable(L, timer_metatable) != 0) {
    static const luaL_Reg methods[] = {{"response", channel_of},
                                       {"channel", channel_of},
                                       {"stop", stop},
                                       {"reset", reset},
                                       {nullptr, nullptr}};
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -2);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

int timer(lua_State* L) {
  const int results = push_handle(L, "timer", false);
  return Isolate::from(L).return_in_turn(L, results);
}

int ticker(lua_State* L) {
  const int results = push_handle(L, "ticker", true);
  return Isolate::from(L).return_in_turn(L, results);
}

int after(lua_State* L) {
  const int results = start(L, "after", false) ? 1 : 2;
  return Isolate::from(L).return_in_turn(L, results);
}

int now(lua_State* L) {
  Host& host = Isolate::from(L).host();
  push_time(L, TimePoint::reading(host.now_ns(), host.clock_ns(), Zone::local()));
  return 1;
}

// Nobody looks at what a sleep returns.
int finish_sleep(lua_State* L, Reply& reply) {
  if (!reply.error) return 0;
  push_error(L, *reply.error);
  return lua_error(L);
}

// Returns how many results a refused argument leaves, or 0 after issuing the command.
int issue_sleep(lua_State* L) {
  Error why;
  const std::optional<Duration> duration = to_duration_argument(L, 1, &why);
  if (!duration) return push_failure(L, why);
  units::Sleep command;
  command.duration = *duration;
  Isolate::from(L).issue(L, command);
  return 0;
}

int sleep(lua_State* L) {
  if (const int refused = issue_sleep(L); refused != 0) return refused;
  return Isolate::from(L).await(L, finish_sleep);
}

void push(lua_State* L) {
  open_time(L);
  static const luaL_Reg functions[] = {{"now", now},     {"sleep", sleep},   {"after", after},
                                       {"timer", timer}, {"ticker", ticker}, {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
  freeze_library(L, -1);
}

}  // namespace

const Module time_module{"time", nullptr, push, true};

}  // namespace trivium::lua
