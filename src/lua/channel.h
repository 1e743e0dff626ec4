// Channels connect the coroutines of one isolate. A Channel lives inside
// its Lua userdata; all functions run on the isolate's thread inside a protected Lua call.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <vector>

#include "lua/sandbox/library.h"
#include "lua/state.h"
#include "lua/task.h"

namespace trivium::lua {

class Isolate;
struct Subscription;

inline constexpr const char* channel_metatable = "trivium.channel";

class Channel {
 public:
  explicit Channel(size_t capacity) : capacity_(capacity) {}

  // Pushes a new channel userdata and returns the channel inside.
  static Channel& push_new(lua_State* L, size_t capacity);
  static Channel* test(lua_State* L, int index);

  bool closed() const { return closed_; }
  size_t capacity() const { return capacity_; }
  bool has_room() const { return buffered() < capacity_; }
  bool has_receiver() const { return !receivers_.empty(); }
  bool has_sender() const { return !senders_.empty(); }
  size_t buffered() const { return buffer_.size() - head_; }

  // Offers the value on top of L's stack and pops it: to the oldest receiver, else into the buffer.
  // Returns false, the value still there, when there is neither a receiver nor room. The woken
  // receiver becomes runnable.
  bool offer(Isolate& isolate, lua_State* L);
  // Like offer, for the runtime's own deliveries: beyond the capacity the buffer grows.
  void push_value(Isolate& isolate, lua_State* L);
  // Wakes all waiters; receivers get nil, false.
  void close(Isolate& isolate, lua_State* L);
  // Drops the buffered values (references into L's registry).
  void clear(lua_State* L);
  // Removes the task from both queues.
  void forget(const Task& task);

  // What feeds it from the mailbox; null: nothing. Kept by the isolate.
  Subscription* subscription() const { return subscription_; }
  void set_subscription(Subscription* subscription) { subscription_ = subscription; }

 private:
  friend struct ChannelOps;

  // `stack_index`: where the waiting state keeps the case object of a select; 0 for plain operations.
  struct Waiter {
    Task* task;
    int stack_index;
  };

  void pop_buffered(lua_State* L);
  void push_buffered(lua_State* L);

  size_t capacity_;
  Subscription* subscription_ = nullptr;
  bool closed_ = false;
  size_t head_ = 0;
  std::vector<int> buffer_;                              // registry references, from head_ on
  boost::container::small_vector<Waiter, 1> receivers_;  // almost always one: it is here, not elsewhere
  std::vector<Waiter> senders_;
};

// The global `channel`: new, select.
extern const Library channel_library;

}  // namespace trivium::lua
