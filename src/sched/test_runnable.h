// A Runnable made of a function, for tests and measurements.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "sched/runnable.h"

namespace trivium::sched {

class FunctionRunnable final : public Runnable {
 public:
  using Function = std::function<Outcome(Runnable& self)>;
  // Counts itself in `alive`, if given, for as long as it lives.
  FunctionRunnable(Function function, Ref<Lane> lane, std::atomic<int>* alive)
      : Runnable(std::move(lane)), function_(std::move(function)), alive_(alive) {
    if (alive_ != nullptr) ++*alive_;
  }
  ~FunctionRunnable() override {
    if (alive_ != nullptr) --*alive_;
  }
  Outcome run() override { return function_(*this); }

 private:
  Function function_;
  std::atomic<int>* alive_;
};

inline Ref<FunctionRunnable> make_runnable(FunctionRunnable::Function function, Ref<Lane> lane = nullptr,
                                           std::atomic<int>* alive = nullptr) {
  return make_ref<FunctionRunnable>(std::move(function), std::move(lane), alive);
}

}  // namespace trivium::sched
