// A FIFO of Runnables linked through themselves: queueing allocates nothing. Owns the queue's reference of
// each; not thread-safe.
#pragma once

#include <cstddef>

namespace trivium::sched {

class Runnable;

class RunnableList {
 public:
  RunnableList() = default;
  RunnableList(RunnableList&& other) noexcept { append(other); }
  RunnableList& operator=(RunnableList&&) = delete;
  ~RunnableList() { release_all(); }

  bool empty() const { return head_ == nullptr; }
  size_t size() const { return size_; }

  // Takes over the queue's reference of an object that is in no other list.
  void push_back(Runnable& runnable);
  // Hands the reference to the caller; null if empty.
  Runnable* pop_front();
  // Moves all of `other` behind what is here.
  void append(RunnableList& other) noexcept;
  // Gives up the references without running anything. What destructors add meanwhile is released too.
  void release_all() noexcept;

 private:
  Runnable* head_ = nullptr;
  Runnable* tail_ = nullptr;
  size_t size_ = 0;
};

}  // namespace trivium::sched
