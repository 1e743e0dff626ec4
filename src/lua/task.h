// A unit coroutine: the main one or one made by coroutine.spawn.
#pragma once

#include <boost/container/small_vector.hpp>
#include <utility>

#include "lua/command.h"
#include "lua/state.h"

namespace trivium::lua {

class Channel;

struct Task {
  explicit Task(lua_State* state) : L(state) {}

  lua_State* L;
  // The innermost coroutine that suspended: L itself, or one the code made with coroutine.create.
  lua_State* waiting = nullptr;
  int nargs = 0;  // values on the waiting state's stack to resume it with
  bool runnable = false;
  bool stuck = false;     // waits for nothing that could come
  bool returned = false;  // of the main one: its function is over
  bool exposed = false;   // its code has a reference to it
  Reply reply;            // outcome of the operation it waited for
  // It is queued on; emptied when one of them fires. Almost always one.
  boost::container::small_vector<Channel*, 1> channels;
  Task* next = nullptr;
};

// FIFO of runnable tasks, linked through the tasks themselves.
class TaskQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  void push_back(Task& task) {
    task.next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = &task;
    tail_ = &task;
  }
  void push_front(Task& task) {
    task.next = head_;
    head_ = &task;
    if (tail_ == nullptr) tail_ = &task;
  }
  Task& pop_front() {
    Task& task = *head_;
    head_ = std::exchange(task.next, nullptr);
    if (head_ == nullptr) tail_ = nullptr;
    return task;
  }
  void clear() { head_ = tail_ = nullptr; }

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;
};

}  // namespace trivium::lua
