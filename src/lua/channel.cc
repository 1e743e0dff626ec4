#include "lua/channel.h"

#include <algorithm>
#include <new>

#include "lua/error_object.h"
#include "lua/isolate.h"
#include "lua/sandbox/frozen.h"

// Lua's own headers: every receive asks whether it has a channel before it.
#include "lobject.h"
#include "lstate.h"

namespace trivium::lua {

namespace {

constexpr const char* case_metatable = "trivium.channel.case";

struct Case {
  Channel* channel;
  bool send;
};

// User values of a case: its channel and, for a send, the value.
constexpr int case_channel = 1;
constexpr int case_value = 2;

// Everything the operation pushed since it suspended is its result.
int return_pushed(lua_State* L, int, lua_KContext base) { return lua_gettop(L) - static_cast<int>(base); }

Channel& check_channel(lua_State* L, int index) {
  if (const TValue* value = s2v(L->ci->func + index);
      value < s2v(L->top) && ttisfulluserdata(value) &&
      uvalue(value)->metatable == Isolate::from(L).channel_class())
    return *reinterpret_cast<Channel*>(getudatamem(uvalue(value)));
  return *static_cast<Channel*>(luaL_checkudata(L, index, channel_metatable));
}

Error closed_error() { return Error::unspecified(kind::unknown, "send on closed channel"); }

// Builds the table select returns on L's stack. The value is on top and is consumed.
void push_select_result(lua_State* L, int case_index, bool ok) {
  lua_createtable(L, 0, 3);
  lua_insert(L, -2);
  lua_setfield(L, -2, "value");
  lua_getiuservalue(L, case_index, case_channel);
  lua_setfield(L, -2, "channel");
  lua_pushboolean(L, ok);
  lua_setfield(L, -2, "ok");
}

}  // namespace

// --- the channel itself -----------------------------------------------------------------------------

struct ChannelOps {
  using Waiter = Channel::Waiter;

  // A task leaves all queues it stands in once one of them fired.
  static void dequeue(const Waiter& waiter) {
    for (Channel* channel : waiter.task->channels) channel->forget(*waiter.task);
    waiter.task->channels.clear();
  }

  template <class Waiters>
  static Waiter take_first(Waiters& waiters) {
    const Waiter first = waiters.front();
    waiters.erase(waiters.begin());
    dequeue(first);
    return first;
  }

  // Hands the value on top of L's stack to a receiver and pops it.
  static void hand_over(Isolate& isolate, const Waiter& receiver, lua_State* L, bool ok) {
    lua_State* to = receiver.task->waiting;
    if (to->stack_last - to->top < 6) luaL_checkstack(to, 6, "too many values");
    if (to != L) lua_xmove(L, to, 1);
    if (receiver.stack_index == 0) {
      lua_pushboolean(to, ok);
      isolate.make_runnable(*receiver.task, 2);
    } else {
      push_select_result(to, receiver.stack_index, ok);
      isolate.make_runnable(*receiver.task, 1);
    }
  }

  // Pushes the value a blocked sender offers onto L's stack.
  static void push_offer(const Waiter& sender, lua_State* L) {
    lua_State* from = sender.task->waiting;
    if (sender.stack_index == 0) {
      lua_pushvalue(from, 2);
    } else {
      lua_getiuservalue(from, sender.stack_index, case_value);
    }
    if (from != L) lua_xmove(from, L, 1);
  }

  static void confirm(Isolate& isolate, const Waiter& sender) {
    lua_State* to = sender.task->waiting;
    luaL_checkstack(to, 6, "too many values");
    if (sender.stack_index == 0) {
      lua_pushboolean(to, 1);
    } else {
      lua_getiuservalue(to, sender.stack_index, case_value);
      push_select_result(to, sender.stack_index, true);
    }
    isolate.make_runnable(*sender.task, 1);
  }

  static void reject(Isolate& isolate, const Waiter& sender) {
    lua_State* to = sender.task->waiting;
    push_failure(to, closed_error());
    isolate.make_runnable(*sender.task, 2);
  }

  static bool can_receive(Channel& channel, bool mailbox) {
    return channel.buffered() > 0 || !channel.senders_.empty() || channel.closed_ || mailbox;
  }

  static bool can_send(const Channel& channel) {
    return !channel.closed_ && (!channel.receivers_.empty() || channel.has_room());
  }

  // Takes a value that is there: pushes value and ok. Returns whether a blocked sender was woken; it
  // is to run after the receiver, so the caller queues itself before this and suspends after it.
  static bool would_wake_sender(const Channel& channel) { return !channel.senders_.empty(); }
  static void take(Isolate& isolate, Channel& channel, lua_State* L) {
    if (channel.buffered() > 0) {
      channel.pop_buffered(L);
      if (!channel.senders_.empty()) {
        const Waiter sender = take_first(channel.senders_);
        push_offer(sender, L);
        channel.push_buffered(L);
        confirm(isolate, sender);
      }
      lua_pushboolean(L, 1);
    } else if (!channel.senders_.empty()) {
      const Waiter sender = take_first(channel.senders_);
      push_offer(sender, L);
      confirm(isolate, sender);
      lua_pushboolean(L, 1);
    } else if (isolate.receive_from_mailbox(L, channel)) {
      lua_pushboolean(L, 1);
    } else {
      lua_pushnil(L);
      lua_pushboolean(L, 0);
    }
  }

  // --- what Lua calls -------------------------------------------------------------------------------

  static int send(lua_State* L) {
    Channel& channel = check_channel(L, 1);
    lua_settop(L, 2);
    if (channel.closed_) return luaL_error(L, "send on closed channel");
    Isolate& isolate = Isolate::from(L);
    if (!channel.receivers_.empty()) {
      isolate.check_can_suspend(L);
      isolate.make_runnable(*isolate.current(), 0);
      hand_over(isolate, take_first(channel.receivers_), L, true);
      lua_settop(L, 1);
      lua_pushboolean(L, 1);
      return isolate.suspend(L, return_pushed, 1);
    }
    if (channel.has_room()) {
      channel.push_buffered(L);
      lua_pushboolean(L, 1);
      return 1;
    }
    isolate.check_can_suspend(L);
    channel.senders_.push_back({isolate.current(), 0});
    isolate.current()->channels.push_back(&channel);
    return isolate.suspend(L, return_pushed, 2);
  }

  static int receive(lua_State* L) {
    Channel& channel = check_channel(L, 1);
    lua_settop(L, 1);
    Isolate& isolate = Isolate::from(L);
    const bool wakes = would_wake_sender(channel);
    if (can_receive(channel, isolate.first_message_for(channel) != TopicMailbox::none)) {
      if (wakes) {
        isolate.check_can_suspend(L);
        isolate.make_runnable(*isolate.current(), 0);
      }
      take(isolate, channel, L);
      return wakes ? isolate.suspend(L, return_pushed, 1) : 2;
    }
    isolate.check_can_suspend(L);
    channel.receivers_.push_back({isolate.current(), 0});
    isolate.current()->channels.push_back(&channel);
    return isolate.suspend(L, return_pushed, 1);
  }

  static int close(lua_State* L) {
    Channel& channel = check_channel(L, 1);
    if (channel.closed_) return 0;
    Isolate& isolate = Isolate::from(L);
    const bool wakes = !channel.receivers_.empty() || !channel.senders_.empty();
    if (wakes) isolate.check_can_suspend(L);
    channel.close(isolate, L);
    if (!wakes) return 0;
    isolate.make_runnable(*isolate.current(), 0);
    lua_settop(L, 1);
    return isolate.suspend(L, return_pushed, 1);
  }

  static int make_case(lua_State* L, bool send) {
    Channel& channel = check_channel(L, 1);
    lua_settop(L, 2);
    auto* made = static_cast<Case*>(lua_newuserdatauv(L, sizeof(Case), 2));
    *made = {&channel, send};
    push_case_metatable(L);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, case_channel);
    if (send) {
      lua_pushvalue(L, 2);
      lua_setiuservalue(L, -2, case_value);
    }
    return 1;
  }
  static int case_send(lua_State* L) { return make_case(L, true); }
  static int case_receive(lua_State* L) { return make_case(L, false); }

  static const Case& case_at(lua_State* L, int index) {
    return *static_cast<const Case*>(lua_touserdata(L, index));
  }

  // Puts the case objects of the table at 1 on the stack from index 3 on, the list first.
  static int collect_cases(lua_State* L) {
    int count = 0;
    const auto listed = static_cast<lua_Integer>(lua_rawlen(L, 1));
    const auto keep_case = [&](int index) {
      if (luaL_testudata(L, index, case_metatable) == nullptr) {
        lua_remove(L, index);
        return;
      }
      ++count;
    };
    for (lua_Integer i = 1; i <= listed; ++i) {
      luaL_checkstack(L, 4, "too many cases");
      lua_rawgeti(L, 1, i);
      keep_case(lua_gettop(L));
    }
    if (listed > 0) {
      lua_pushinteger(L, listed);
    } else {
      lua_pushnil(L);
    }
    while (lua_next(L, 1) != 0) {
      luaL_checkstack(L, 4, "too many cases");
      const bool in_list =
          lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 && lua_tointeger(L, -2) <= listed;
      lua_insert(L, -2);  // the value below the key, where it stays if it is a case
      if (in_list) {
        lua_remove(L, -2);
      } else {
        keep_case(lua_gettop(L) - 1);
      }
    }
    return count;
  }

  // The first ready case in list order. Channels fed from the mailbox count as one: among them the
  // oldest message decides.
  static int ready_case(Isolate& isolate, lua_State* L, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      const Case& candidate = case_at(L, i);
      if (candidate.send) {
        if (can_send(*candidate.channel)) return i;
        continue;
      }
      const uint64_t message = isolate.first_message_for(*candidate.channel);
      const bool own = candidate.channel->buffered() > 0 || !candidate.channel->senders_.empty() ||
                       candidate.channel->closed_;
      if (own) return i;
      if (message == TopicMailbox::none) continue;
      int oldest = i;
      uint64_t oldest_at = message;
      for (int j = i + 1; j < first + count; ++j) {
        const Case& other = case_at(L, j);
        const uint64_t at = other.send ? TopicMailbox::none : isolate.first_message_for(*other.channel);
        if (at < oldest_at) {
          oldest = j;
          oldest_at = at;
        }
      }
      return oldest;
    }
    return 0;
  }

  static int run_case(Isolate& isolate, lua_State* L, int index) {
    const Case chosen = case_at(L, index);
    const int base = lua_gettop(L);
    const bool wakes = chosen.send ? !chosen.channel->receivers_.empty() : would_wake_sender(*chosen.channel);
    if (wakes) {
      isolate.check_can_suspend(L);
      isolate.make_runnable(*isolate.current(), 0);
    }
    if (chosen.send) {
      lua_getiuservalue(L, index, case_value);
      if (wakes) {
        hand_over(isolate, take_first(chosen.channel->receivers_), L, true);
      } else {
        chosen.channel->push_buffered(L);
      }
      lua_getiuservalue(L, index, case_value);
      push_select_result(L, index, true);
    } else {
      take(isolate, *chosen.channel, L);
      const bool ok = lua_toboolean(L, -1) != 0;
      lua_pop(L, 1);
      push_select_result(L, index, ok);
    }
    return wakes ? isolate.suspend(L, return_pushed, base) : 1;
  }

  static int select(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TBOOLEAN);
    lua_settop(L, 2);
    bool has_default = lua_toboolean(L, 2) != 0;
    if (lua_getfield(L, 1, "default") == LUA_TBOOLEAN && lua_toboolean(L, -1) != 0) has_default = true;
    lua_pop(L, 1);
    see_through(L, 1);
    const int count = collect_cases(L);
    constexpr int first = 3;
    Isolate& isolate = Isolate::from(L);
    if (const int ready = ready_case(isolate, L, first, count); ready != 0)
      return run_case(isolate, L, ready);
    if (has_default) {
      isolate.poll();
      if (const int ready = ready_case(isolate, L, first, count); ready != 0)
        return run_case(isolate, L, ready);
      lua_createtable(L, 0, 2);
      lua_pushboolean(L, 1);
      lua_setfield(L, -2, "default");
      lua_pushboolean(L, 1);
      lua_setfield(L, -2, "ok");
      return 1;
    }
    isolate.check_can_suspend(L);
    Task& task = *isolate.current();
    bool hopeful = false;
    for (int i = first; i < first + count; ++i) {
      const Case& waiting = case_at(L, i);
      if (waiting.channel->closed_) continue;  // a send that can never happen
      if (waiting.send) {
        waiting.channel->senders_.push_back({&task, i});
      } else {
        waiting.channel->receivers_.push_back({&task, i});
      }
      task.channels.push_back(waiting.channel);
      hopeful = true;
    }
    task.stuck = !hopeful;
    return isolate.suspend(L, return_pushed, lua_gettop(L));
  }

  static int new_channel(lua_State* L) {
    const lua_Number size = luaL_optnumber(L, 1, 0);
    constexpr lua_Number most = 1 << 24;
    Channel::push_new(L, size > 0 ? static_cast<size_t>(std::min(size, most)) : 0);
    return 1;
  }

  static int gc(lua_State* L) {
    auto* channel = static_cast<Channel*>(lua_touserdata(L, 1));
    channel->clear(L);
    channel->~Channel();
    return 0;
  }

  // __index of the methods. Most isolates need one of them.
  static int bind_method(lua_State* L) {
    static constexpr LibraryField methods[] = {{"send", send},
                                               {"receive", receive},
                                               {"close", close},
                                               {"case_send", case_send},
                                               {"case_receive", case_receive}};
    static const Library library{methods};
    return bind_from(L, library);
  }

  static void push_metatable(lua_State* L) {
    if (luaL_newmetatable(L, channel_metatable) == 0) return;
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, bind_method);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }

  static void push_case_metatable(lua_State* L) {
    if (luaL_newmetatable(L, case_metatable) == 0) return;
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
};

Channel& Channel::push_new(lua_State* L, size_t capacity) {
  void* memory = lua_newuserdatauv(L, sizeof(Channel), 0);
  auto* channel = new (memory) Channel(capacity);
  ChannelOps::push_metatable(L);
  Isolate::from(L).set_channel_class(lua_topointer(L, -1));
  lua_setmetatable(L, -2);
  return *channel;
}

Channel* Channel::test(lua_State* L, int index) {
  return static_cast<Channel*>(luaL_testudata(L, index, channel_metatable));
}

bool Channel::offer(Isolate& isolate, lua_State* L) {
  if (!receivers_.empty()) {
    ChannelOps::hand_over(isolate, ChannelOps::take_first(receivers_), L, true);
    return true;
  }
  if (!has_room()) return false;
  push_buffered(L);
  return true;
}

void Channel::push_value(Isolate& isolate, lua_State* L) {
  if (!offer(isolate, L)) push_buffered(L);
}

void Channel::close(Isolate& isolate, lua_State* L) {
  if (closed_) return;
  closed_ = true;
  while (!receivers_.empty()) {
    lua_pushnil(L);
    ChannelOps::hand_over(isolate, ChannelOps::take_first(receivers_), L, false);
  }
  while (!senders_.empty()) ChannelOps::reject(isolate, ChannelOps::take_first(senders_));
}

void Channel::forget(const Task& task) {
  const auto is_task = [&](const Waiter& waiter) { return waiter.task == &task; };
  receivers_.erase(std::remove_if(receivers_.begin(), receivers_.end(), is_task), receivers_.end());
  if (!senders_.empty()) std::erase_if(senders_, is_task);
}

void Channel::pop_buffered(lua_State* L) {
  const int reference = buffer_[head_++];
  if (head_ == buffer_.size()) {
    buffer_.clear();
    head_ = 0;
  } else if (head_ >= 64 && head_ * 2 > buffer_.size()) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
  luaL_unref(L, LUA_REGISTRYINDEX, reference);
}

void Channel::push_buffered(lua_State* L) { buffer_.push_back(luaL_ref(L, LUA_REGISTRYINDEX)); }

void Channel::clear(lua_State* L) {
  for (size_t i = head_; i < buffer_.size(); ++i) luaL_unref(L, LUA_REGISTRYINDEX, buffer_[i]);
  buffer_.clear();
  head_ = 0;
}

namespace {
constexpr LibraryField fields[] = {{"new", ChannelOps::new_channel}, {"select", ChannelOps::select}};
}  // namespace

const Library channel_library{fields};

}  // namespace trivium::lua
