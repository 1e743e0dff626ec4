#include "sched/runnable_list.h"

#include <utility>

#include "sched/runnable_internals.h"

namespace trivium::sched {

void RunnableList::push_back(Runnable& runnable) {
  RunnableInternals::next(runnable) = nullptr;
  if (tail_ == nullptr) {
    head_ = &runnable;
  } else {
    RunnableInternals::next(*tail_) = &runnable;
  }
  tail_ = &runnable;
  ++size_;
}

Runnable* RunnableList::pop_front() {
  Runnable* first = head_;
  if (first == nullptr) return nullptr;
  head_ = std::exchange(RunnableInternals::next(*first), nullptr);
  if (head_ == nullptr) tail_ = nullptr;
  --size_;
  return first;
}

void RunnableList::append(RunnableList& other) noexcept {
  if (other.empty()) return;
  if (tail_ == nullptr) {
    head_ = other.head_;
  } else {
    RunnableInternals::next(*tail_) = other.head_;
  }
  tail_ = other.tail_;
  size_ += other.size_;
  other.head_ = other.tail_ = nullptr;
  other.size_ = 0;
}

void RunnableList::release_all() noexcept {
  while (Runnable* runnable = pop_front()) runnable->release();
}

}  // namespace trivium::sched
