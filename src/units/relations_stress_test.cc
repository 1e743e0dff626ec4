// Spawns, messages, links, monitors and kills from many threads at once: everything ends, and nothing is
// left.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "units/test_node.h"

namespace trivium::units {
namespace {

constexpr int threads = 4;
constexpr int operations = sched::preempts_by_signal ? 3000 : 500;

// Reads whatever comes, traps every other failure, and ends in different ways.
constexpr const char* body = R"(
  local number = ...
  if number % 3 == 0 then trap_links() end
  local inbox, events, seen = inbox(), events(), 0
  while true do
    local r = channel.select({inbox:case_receive(), events:case_receive()})
    seen = seen + 1
    if r.channel == inbox and r.value == "return" then return seen end
    if r.channel == inbox and r.value == "fail" then error("failed") end
    if seen % 50 == 0 then sleep(1) end
  end)";

class Storm {
 public:
  explicit Storm(unsigned seed)
      : seed_(seed),
        environment_(TestNode::bindings()),
        program_(TestNode::program("app:process", body)),
        node_(
            {scheduler_, timers_, blocking_, system_clock(), system_random(), environment_, modules_, Log()},
            {}) {
    scheduler_.start();
  }
  ~Storm() {
    scheduler_.stop();
    timers_.stop();
    blocking_.shutdown();
  }

  void rage() {
    std::vector<std::thread> all;
    all.reserve(threads);
    for (int i = 0; i < threads; ++i) all.emplace_back([this, i] { work(seed_ * threads + i); });
    for (std::thread& thread : all) thread.join();
    for (const auto& process : known_) process->kill(Error::of(kind::internal, "process terminated"));
    std::unique_lock lock(mutex_);
    ended_all_.wait(lock, [this] { return ended_ == known_.size(); });
    EXPECT_EQ(node_.processes().size(), 0u);
    for (const auto& process : known_) EXPECT_TRUE(process->ended());
  }

 private:
  sched::Ref<Process> start(int64_t number) {
    ProcessSpec spec;
    spec.host = "app:host";
    spec.program = program_;
    spec.arguments = encode_values({number});
    spec.on_exit = [this](Process&, Exit&) {
      const std::lock_guard lock(mutex_);
      ++ended_;
      ended_all_.notify_all();
    };
    auto process = sched::make_ref<Process>(node_, std::move(spec));
    process->publish();
    {
      const std::lock_guard lock(mutex_);
      known_.push_back(process);
    }
    process->launch();
    return process;
  }

  sched::Ref<Process> any(std::mt19937& random) {
    const std::lock_guard lock(mutex_);
    // Mostly the latest, so that most of them are alive.
    const size_t latest = std::min<size_t>(known_.size(), 30);
    return known_[known_.size() - 1 - random() % latest];
  }

  void work(unsigned seed) {
    std::mt19937 random(seed);
    start(0);
    for (int i = 0; i < operations; ++i) {
      const sched::Ref<Process> a = any(random);
      const sched::Ref<Process> b = any(random);
      switch (random() % 12) {
        case 0:
          start(i);
          break;
        case 1:
          a->kill(Error::unspecified(kind::internal, "process terminated"));
          break;
        case 2:
          TestNode::send(*a, "t", random() % 2 == 0 ? "return" : "fail");
          break;
        case 3:
        case 4:
          (void)Process::link(*a, *b);
          break;
        case 5:
          Process::unlink(*a, *b);
          break;
        case 6:
        case 7:
          (void)a->add_watcher(*b);
          break;
        case 8:
          a->remove_watcher(*b);
          break;
        case 9:
          a->post_event("pid.cancel", b->pid_text(), {{"reason", "storm"}});
          break;
        default:
          TestNode::send(*a, "t", "message");
      }
    }
  }

  const unsigned seed_;
  sched::ThreadedScheduler scheduler_{sched::ThreadedScheduler::Options{4, std::chrono::milliseconds(10)}};
  sched::SystemTimers timers_;
  sched::BlockingPool blocking_;
  ModuleSet modules_;
  const lua::Environment environment_;
  const lua::ProgramRef program_;
  std::mutex mutex_;
  std::condition_variable ended_all_;
  std::vector<sched::Ref<Process>> known_;
  size_t ended_ = 0;
  Node node_;
};

TEST(Relations, SurviveAStorm) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::printf("seed %u\n", seed);
  Storm(seed).rage();
}

}  // namespace
}  // namespace trivium::units
