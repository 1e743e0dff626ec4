// Services that report from other threads while several threads ask for starts and stops.
#include <atomic>
#include <future>
#include <thread>

#include "units/supervisor/test_supervisor.h"

namespace trivium::units {
namespace {

// Answers from the timer thread. Notes any call that breaks the order of start and stop.
class TimedService final : public Service {
 public:
  TimedService(sched::Timers& timers, std::atomic<int>& faults) : timers_(timers), faults_(faults) {}

  void start(ServiceEvents events, ServiceDone done) override {
    if (up_.exchange(true)) ++faults_;
    timers_.after(std::chrono::microseconds(200), [events = std::move(events), done = std::move(done)] {
      done({});
      events.status("up");
    });
  }
  void stop(ServiceDone done) override {
    if (!up_.exchange(false)) ++faults_;
    timers_.after(std::chrono::microseconds(200), [done = std::move(done)] { done({}); });
  }
  bool up() const { return up_; }

 private:
  sched::Timers& timers_;
  std::atomic<int>& faults_;
  std::atomic<bool> up_{false};
};

TEST(SupervisorThreads, KeepEveryServiceInOrder) {
  sched::SystemTimers timers;
  ConstantRandom random;
  std::atomic<int> faults{0};
  std::atomic<int> answers{0};
  std::vector<std::shared_ptr<TimedService>> services;
  {
    Supervisor supervisor({timers, random, Log(), {}});
    std::vector<EntryId> ids;
    for (int i = 0; i < 8; ++i) {
      services.push_back(std::make_shared<TimedService>(timers, faults));
      const EntryId id{"app", std::to_string(i)};
      const std::vector<EntryId> refs =
          i == 0 ? std::vector<EntryId>{} : std::vector<EntryId>{ids[(i - 1) / 2]};
      app::Lifecycle lifecycle;
      lifecycle.auto_start = true;
      ASSERT_TRUE(supervisor.add({id, lifecycle, refs, services.back()}));
      ids.push_back(id);
    }
    supervisor.start_auto();
    std::vector<std::thread> threads;
    for (size_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (size_t n = 0; n < 100; ++n) {
          const EntryId& id = ids[(n * 5 + t * 3) % ids.size()];
          if ((n + t) % 2 == 0) {
            supervisor.stop(id, [&](const Result<>&) { ++answers; });
          } else {
            supervisor.start(id, [&](const Result<>&) { ++answers; });
          }
          supervisor.snapshot();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    std::promise<Result<>> stopped;
    supervisor.stop_all(Duration::zero(), [&](Result<> result) { stopped.set_value(std::move(result)); });
    EXPECT_TRUE(stopped.get_future().get());
  }
  EXPECT_EQ(faults, 0);
  EXPECT_EQ(answers, 300);
  for (const auto& service : services) EXPECT_FALSE(service->up());
}

}  // namespace
}  // namespace trivium::units
