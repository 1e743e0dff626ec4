#include "units/workflows/store/store_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "sched/test_runnable.h"

namespace trivium::units::workflows {
namespace {

// Calls `done` without any work; notes who did it and how many at once.
class NotingStore final : public Store {
 public:
  struct Run {
    std::thread::id thread;
    size_t jobs;
  };
  NotingStore(std::vector<Run>& runs, std::function<void()> takes) : runs_(runs), takes_(std::move(takes)) {}
  void run(std::span<Job> jobs) override {
    EXPECT_TRUE(alone_.try_lock()) << "two at once";
    runs_.push_back({std::this_thread::get_id(), jobs.size()});
    takes_();
    for (Job& job : jobs) job.done({});
    untidy_ = true;
    alone_.unlock();
  }
  bool untidy() const override { return untidy_; }
  void tidy() override {
    EXPECT_TRUE(alone_.try_lock()) << "while it runs";
    untidy_ = false;
    if (tidies) tidies();
    alone_.unlock();
  }
  std::function<void()> tidies;

 private:
  bool untidy_ = false;
  std::vector<Run>& runs_;
  std::function<void()> takes_;
  std::mutex alone_;
};

class StoreThreads : public ::testing::Test {
 protected:
  StoreThreads() {
    scheduler_.start();
    while (scheduler_.stats().parks < 2) std::this_thread::yield();
  }
  ~StoreThreads() override {
    if (queue_) queue_->stop();
    scheduler_.stop();
  }

  void open(std::function<void()> takes = [] {}) {
    auto store = std::make_unique<NotingStore>(runs_, std::move(takes));
    store->tidies = tidies_;
    queue_.emplace(std::move(store), &scheduler_);
  }
  Job job(std::latch& done, bool ends_turn = true) {
    return {.work = {}, .done = [&](const Result<>&) { done.count_down(); }, .ends_turn = ends_turn};
  }
  // In a turn of a runnable. Returns the thread of its worker.
  std::thread::id submit_on_worker(std::vector<Job> jobs) {
    std::promise<std::thread::id> worker;
    auto runnable = sched::make_runnable([&](sched::Runnable&) {
      for (Job& job : jobs) queue_->submit(std::move(job));
      worker.set_value(std::this_thread::get_id());
      return sched::Outcome::done;
    });
    scheduler_.wake(*runnable);
    return worker.get_future().get();
  }

  sched::ThreadedScheduler scheduler_{sched::ThreadedScheduler::Options{.workers = 2}};
  std::vector<NotingStore::Run> runs_;
  std::function<void()> tidies_;
  std::optional<StoreThread> queue_;
};

TEST_F(StoreThreads, AJobThatEndsATurnIsDoneOnTheWorker) {
  open();
  std::latch done(1);
  const std::thread::id worker = submit_on_worker({job(done)});
  done.wait();
  queue_->stop();
  EXPECT_EQ(runs_[0].thread, worker);
}

TEST_F(StoreThreads, AnyOtherJobIsDoneOnTheThread) {
  open();
  std::latch done(1);
  const std::thread::id worker = submit_on_worker({job(done, false)});
  done.wait();
  queue_->stop();
  EXPECT_NE(runs_[0].thread, worker);
}

// The callbacks have woken others, who want the worker.
TEST_F(StoreThreads, WhatComesDuringTheWorkersTurnAtItIsTheThreads) {
  std::latch at_work(1);
  std::latch more(1);
  open([&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    at_work.count_down();
    more.wait();
  });
  std::latch done(3);
  const std::thread::id worker = submit_on_worker({job(done)});
  at_work.wait();
  queue_->submit(job(done));
  queue_->submit(job(done));
  more.count_down();
  done.wait();
  queue_->stop();
  ASSERT_EQ(runs_.size(), 2U);
  EXPECT_EQ(runs_[0].thread, worker);
  EXPECT_NE(runs_[1].thread, worker);
  EXPECT_EQ(runs_[1].jobs, 2U);
}

TEST_F(StoreThreads, WorkersDoNotWaitForASlowDisk) {
  open([] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); });
  std::thread::id worker;
  for (int i = 0; i < 2; ++i) {
    std::latch done(1);
    worker = submit_on_worker({job(done)});
    done.wait();
  }
  queue_->stop();
  EXPECT_NE(runs_[1].thread, worker);
}

// Whoever was told of a job is in the hands of the worker that told him.
TEST_F(StoreThreads, WorkersDoNotTidy) {
  std::thread::id tidied_by;
  std::latch tidied(1);
  tidies_ = [&] {
    tidied_by = std::this_thread::get_id();
    tidied.count_down();
  };
  open();
  std::latch done(1);
  const std::thread::id worker = submit_on_worker({job(done)});
  tidied.wait();
  queue_->stop();
  EXPECT_EQ(runs_[0].thread, worker);
  EXPECT_NE(tidied_by, worker);
}

TEST_F(StoreThreads, NothingIsForgottenAmongMany) {
  open();
  constexpr int walkers = 12;
  constexpr int steps = 400;
  std::latch over(walkers + 2);
  std::vector<sched::Ref<sched::FunctionRunnable>> runnables(walkers);
  std::vector<int> left(walkers, steps);
  for (size_t i = 0; i < walkers; ++i) {
    runnables[i] = sched::make_runnable([&, i](sched::Runnable& self) {
      if (left[i]-- == 0) {
        over.count_down();
        return sched::Outcome::done;
      }
      queue_->submit({.work = {},
                      .done = [&, walker = &self](const Result<>&) { scheduler_.wake(*walker); },
                      .ends_turn = left[i] % 7 != 0});
      return sched::Outcome::idle;
    });
  }
  for (const auto& runnable : runnables) scheduler_.wake(*runnable);
  const auto outside = [&] {
    for (int i = 0; i < steps; ++i) {
      std::latch done(1);
      queue_->submit(job(done, false));
      done.wait();
    }
    over.count_down();
  };
  std::thread one(outside);
  std::thread two(outside);
  for (size_t workers = 1; !over.try_wait(); workers = workers % 4 + 1) {
    scheduler_.set_worker_count(workers);
    std::this_thread::yield();
  }
  one.join();
  two.join();
}

TEST_F(StoreThreads, AStopRunsWhatAWorkerHasTaken) {
  open();
  std::latch done(1);
  std::latch submitted(1);
  std::latch stopping(1);
  auto runnable = sched::make_runnable([&](sched::Runnable&) {
    queue_->submit(job(done));
    submitted.count_down();
    stopping.wait();
    return sched::Outcome::done;
  });
  scheduler_.wake(*runnable);
  submitted.wait();
  std::thread stopper([&] { queue_->stop(); });
  stopping.count_down();
  stopper.join();
  EXPECT_TRUE(done.try_wait());
}

}  // namespace
}  // namespace trivium::units::workflows
