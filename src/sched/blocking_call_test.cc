// Calls that block, on a worker that has nothing else to do.
#include "sched/blocking_call.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <optional>
#include <thread>

#include "sched/scheduler.h"
#include "sched/test_runnable.h"

namespace trivium::sched {
namespace {

class Call final : public BlockingCall {
 public:
  explicit Call(std::function<void()> body = [] {}) : body_(std::move(body)) {}
  void make() noexcept override {
    body_();
    end(true);
  }
  void leave() noexcept override { end(false); }
  bool was_made() {
    ended_.wait();
    return made_;
  }
  std::thread::id thread() const { return thread_; }

 private:
  void end(bool made) {
    made_ = made;
    thread_ = std::this_thread::get_id();
    ended_.count_down();
  }

  std::function<void()> body_;
  std::latch ended_{1};
  bool made_ = false;
  std::thread::id thread_;
};

class BlockingCalls : public ::testing::Test {
 protected:
  // So many workers, all of them asleep.
  void start(size_t workers) {
    scheduler_.emplace(ThreadedScheduler::Options{.workers = workers});
    scheduler_->start();
    while (scheduler_->stats().parks < workers) std::this_thread::yield();
  }
  Ref<FunctionRunnable> wake(FunctionRunnable::Function function) {
    auto runnable = make_runnable(std::move(function));
    scheduler_->wake(*runnable);
    return runnable;
  }

  std::optional<ThreadedScheduler> scheduler_;
};

TEST_F(BlockingCalls, AreMadeByTheWorkerAfterTheRun) {
  start(2);
  bool over = false;
  Call call([&] { EXPECT_TRUE(over); });
  std::thread::id worker;
  wake([&](Runnable&) {
    worker = std::this_thread::get_id();
    EXPECT_TRUE(scheduler_->block_after_run(call));
    over = true;
    return Outcome::done;
  });
  EXPECT_TRUE(call.was_made());
  EXPECT_EQ(call.thread(), worker);
}

TEST_F(BlockingCalls, AreLeftIfTheWorkerHasMoreToDo) {
  start(2);
  Call call;
  std::latch ran(1);
  auto other = make_runnable([&](Runnable&) {
    ran.count_down();
    return Outcome::done;
  });
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->block_after_run(call));
    scheduler_->wake(*other);
    return Outcome::done;
  });
  EXPECT_FALSE(call.was_made());
  ran.wait();
}

TEST_F(BlockingCalls, AreLeftIfNobodyElseCouldWork) {
  start(1);
  Call call;
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->block_after_run(call));
    return Outcome::done;
  });
  EXPECT_FALSE(call.was_made());
}

// It would have waited for the worker that it ran on last.
TEST_F(BlockingCalls, OthersTakeWhatComesMeanwhile) {
  start(2);
  std::latch blocks(1);
  std::latch ran(1);
  Call call([&] {
    blocks.count_down();
    ran.wait();
  });
  int runs = 0;
  auto runnable = wake([&](Runnable&) {
    if (++runs == 2) {
      ran.count_down();
      return Outcome::done;
    }
    EXPECT_TRUE(scheduler_->block_after_run(call));
    return Outcome::idle;
  });
  blocks.wait();
  scheduler_->wake(*runnable);
  ran.wait();
  EXPECT_TRUE(call.was_made());
}

// Nobody sleeps any more when it comes, so nobody looks for it either.
TEST_F(BlockingCalls, BusyOnesGetWhatComesMeanwhile) {
  start(2);
  std::latch blocks(1);
  std::latch busy(1);
  std::latch come(1);
  std::latch ran(1);
  Call call([&] {
    blocks.count_down();
    ran.wait();
  });
  std::atomic<int> turns{0};
  int runs = 0;
  auto runnable = wake([&](Runnable&) {
    if (++runs == 2) {
      EXPECT_LT(turns, 10);
      ran.count_down();
      return Outcome::done;
    }
    EXPECT_TRUE(scheduler_->block_after_run(call));
    return Outcome::idle;
  });
  blocks.wait();
  auto other = wake([&](Runnable&) {
    if (++turns == 1) {
      busy.count_down();
      come.wait();
    }
    return ran.try_wait() ? Outcome::done : Outcome::again;
  });
  busy.wait();
  scheduler_->wake(*runnable);
  come.count_down();
  EXPECT_TRUE(call.was_made());
  scheduler_->stop();
}

TEST_F(BlockingCalls, WakeWhatTheWorkerRunsNext) {
  start(2);
  std::latch ran(1);
  auto next = make_runnable([&](Runnable&) {
    ran.count_down();
    return Outcome::done;
  });
  Call call([&] { scheduler_->wake(*next); });
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->block_after_run(call));
    return Outcome::done;
  });
  ran.wait();
}

TEST_F(BlockingCalls, AreRefusedWhereNoRunEndsSoon) {
  start(2);
  Call call;
  EXPECT_FALSE(scheduler_->block_after_run(call)) << "not a worker";
  std::latch over(1);
  auto inner = make_runnable([&](Runnable&) {
    EXPECT_FALSE(scheduler_->block_after_run(call)) << "what is around it may take long";
    return Outcome::done;
  });
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->run_inside(*inner));
    over.count_down();
    return Outcome::done;
  });
  over.wait();
}

TEST_F(BlockingCalls, OneAtATime) {
  start(2);
  Call first;
  Call second;
  std::latch asked(1);
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->block_after_run(first));
    EXPECT_FALSE(scheduler_->block_after_run(second));
    asked.count_down();
    return Outcome::done;
  });
  asked.wait();
  EXPECT_TRUE(first.was_made());
}

TEST_F(BlockingCalls, AreNotForgottenByAStop) {
  start(2);
  Call call;
  std::latch running(1);
  std::latch stopping(1);
  wake([&](Runnable&) {
    EXPECT_TRUE(scheduler_->block_after_run(call));
    running.count_down();
    stopping.wait();
    return Outcome::done;
  });
  running.wait();
  std::thread stopper([&] { scheduler_->stop(); });
  stopping.count_down();
  (void)call.was_made();
  stopper.join();
}

}  // namespace
}  // namespace trivium::sched
