// Randomised: many threads, many runnables, everything at once. What must hold: no wake is lost, nobody runs
// on two threads at a time, nothing leaks.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "sched/scheduler.h"

namespace trivium::sched {
namespace {

// Has a mailbox of one counter. Each message that arrives is passed on to a random other actor until it has
// made its hops.
struct World {
  ThreadedScheduler* scheduler = nullptr;
  std::vector<Ref<class Actor>> actors;
  std::latch* all_done = nullptr;
  std::atomic<int> alive{0};
};

class Actor final : public Runnable {
 public:
  Actor(World& world, uint32_t seed, Ref<Lane> lane)
      : Runnable(std::move(lane)), world_(world), random_(seed) {
    ++world_.alive;
  }
  ~Actor() override { --world_.alive; }

  // `hops` > 0 messages ahead; any thread.
  void send(int64_t hops) {
    messages_.fetch_add(1);
    hops_.fetch_add(hops);
    world_.scheduler->wake(*this);
  }

  Outcome run() override {
    EXPECT_FALSE(inside_.exchange(true)) << "two threads at a time";
    const int64_t messages = messages_.exchange(0);
    const int64_t hops = hops_.exchange(0);
    unguarded_ += messages;  // a race here is what ThreadSanitizer would report
    // All the hops that came together go on as one message.
    if (hops > 1) {
      for (uint32_t i = 0; i < random_() % 50; ++i) unguarded_ ^= random_();
      Actor& next = *world_.actors[random_() % world_.actors.size()];
      next.send(hops - 1);
    } else if (hops == 1) {
      world_.all_done->count_down();
    }
    inside_ = false;
    return random_() % 8 == 0 ? Outcome::again : Outcome::idle;
  }

 private:
  World& world_;
  std::minstd_rand random_;
  std::atomic<int64_t> messages_{0};
  std::atomic<int64_t> hops_{0};
  std::atomic<bool> inside_{false};
  int64_t unguarded_ = 0;
};

// One message a run: everything hangs on each single wake, across parking, stealing and lanes.
void pass_one_message(size_t workers, size_t actors, int64_t hops, size_t lane_limit, uint32_t seed) {
  World world;
  std::latch all_done(1);
  world.all_done = &all_done;
  {
    ThreadedScheduler scheduler({.workers = workers});
    world.scheduler = &scheduler;
    auto lane = make_ref<Lane>(scheduler, lane_limit);
    for (size_t i = 0; i < actors; ++i) {
      world.actors.push_back(
          make_ref<Actor>(world, static_cast<uint32_t>(seed + i + 1), i % 2 == 0 ? lane : nullptr));
    }
    scheduler.start();
    world.actors[0]->send(hops);
    all_done.wait();
    scheduler.stop();
    world.actors.clear();
  }
  EXPECT_EQ(world.alive, 0);
}

TEST(Stress, ASingleMessageIsNeverLost) {
  for (uint32_t seed = 0; seed < 5; ++seed) {
    pass_one_message(1, 2, 20'000, Lane::unlimited, seed);
    pass_one_message(2, 10, 20'000, 1, seed);
    pass_one_message(4, 100, 20'000, 2, seed);
  }
}

// Counts what it was sent, from outside, while workers park and wake.
class Counter final : public Runnable {
 public:
  explicit Counter(std::atomic<int64_t>& total, Ref<Lane> lane) : Runnable(std::move(lane)), total_(total) {}
  void add(Scheduler& scheduler) {
    waiting_.fetch_add(1, std::memory_order_relaxed);  // ordered by the wake alone
    scheduler.wake(*this);
  }
  Outcome run() override {
    total_.fetch_add(waiting_.exchange(0, std::memory_order_relaxed));
    total_.notify_all();
    return Outcome::idle;
  }

 private:
  std::atomic<int64_t>& total_;
  std::atomic<int64_t> waiting_{0};
};

TEST(Stress, WakeStormsFromManyThreads) {
  constexpr int threads = 6;
  constexpr int64_t wakes = 20'000;
  ThreadedScheduler scheduler({.workers = 3});
  auto lane = make_ref<Lane>(scheduler, 2);
  std::atomic<int64_t> total{0};
  std::vector<Ref<Counter>> counters;
  for (int i = 0; i < 7; ++i) counters.push_back(make_ref<Counter>(total, i % 2 == 0 ? lane : nullptr));
  scheduler.start();
  std::vector<std::thread> wakers;
  for (int t = 0; t < threads; ++t) {
    wakers.emplace_back([&, t] {
      std::minstd_rand random(static_cast<uint32_t>(t + 1));
      for (int64_t i = 0; i < wakes; ++i) counters[random() % counters.size()]->add(scheduler);
    });
  }
  for (std::thread& waker : wakers) waker.join();
  for (int64_t seen = total; seen < threads * wakes; seen = total) total.wait(seen);
  scheduler.stop();
  EXPECT_EQ(total, threads * wakes);
}

// One wake at a time, each after the workers had the chance to fall asleep: the hardest case for parking.
TEST(Stress, WakesThatMeetWorkersFallingAsleep) {
  for (const size_t workers : {1U, 2U, 4U}) {
    ThreadedScheduler scheduler({.workers = workers});
    std::atomic<int64_t> total{0};
    auto a = make_ref<Counter>(total, nullptr);
    auto b = make_ref<Counter>(total, nullptr);
    scheduler.start();
    std::minstd_rand random(1);
    for (int64_t i = 1; i <= 5'000; ++i) {
      // From an instant to longer than the search takes.
      for (uint32_t spin = random() % 4096; spin > 0; --spin)
        std::atomic_signal_fence(std::memory_order_seq_cst);
      a->add(scheduler);
      b->add(scheduler);
      for (int64_t seen = total; seen < 2 * i; seen = total) total.wait(seen);
    }
  }
}

TEST(Stress, StopUnderLoadReleasesEverything) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    World world;
    std::latch never(1);
    world.all_done = &never;
    std::vector<std::thread> senders;
    {
      ThreadedScheduler scheduler({.workers = 1 + seed % 4});
      world.scheduler = &scheduler;
      auto lane = make_ref<Lane>(scheduler, seed % 3);
      for (uint32_t i = 0; i < 300; ++i) {
        world.actors.push_back(make_ref<Actor>(world, seed * 1000 + i, i % 2 == 0 ? lane : nullptr));
      }
      std::atomic<bool> stop{false};
      std::latch sending(2);
      for (uint32_t t = 0; t < 2; ++t) {
        senders.emplace_back([&, t] {
          std::minstd_rand random(seed + t);
          for (int i = 0; !stop; ++i) {
            world.actors[random() % world.actors.size()]->send(1'000'000'000);
            if (i == 200) sending.count_down();
          }
        });
      }
      scheduler.start();
      sending.wait();
      scheduler.stop();  // while the senders go on
      stop = true;
      for (std::thread& sender : senders) sender.join();
      world.actors.clear();
      EXPECT_EQ(world.alive, 0);
    }
  }
}

// The last reference goes while the runnable is queued or running.
TEST(Stress, RunnablesDieInEveryState) {
  World world;
  constexpr int count = 20'000;
  std::latch done(count);
  class Mortal final : public Runnable {
   public:
    Mortal(World& world, std::latch& done, Outcome last) : world_(world), done_(done), last_(last) {
      ++world_.alive;
    }
    ~Mortal() override {
      --world_.alive;
      done_.count_down();
    }
    Outcome run() override { return ++turns_ < 3 ? Outcome::again : last_; }

   private:
    World& world_;
    std::latch& done_;
    Outcome last_;
    int turns_ = 0;
  };
  ThreadedScheduler scheduler({.workers = 3});
  scheduler.start();
  std::vector<std::thread> makers;
  for (int t = 0; t < 2; ++t) {
    makers.emplace_back([&] {
      for (int i = 0; i < count / 2; ++i) {
        auto mortal = make_ref<Mortal>(world, done, i % 2 == 0 ? Outcome::idle : Outcome::done);
        scheduler.wake(*mortal);
        scheduler.wake(*mortal);
      }
    });
  }
  for (std::thread& maker : makers) maker.join();
  done.wait();
  scheduler.stop();
  EXPECT_EQ(world.alive, 0);
}

}  // namespace
}  // namespace trivium::sched
