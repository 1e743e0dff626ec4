// A runtime that stops in the middle of what it does lets go of everything: what it kept would be a leak.
#include <gtest/gtest.h>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using Code = std::weak_ptr<const lua::EntryProgram>;

class ServiceStop : public ::testing::Test {
 protected:
  // Starts a workflow; nothing of it has run.
  static std::string start(World& world) {
    world.programs.add("app:waits", "return function() sleep(3600) return 1 end");
    std::string pid;
    StartRequest request;
    request.id = "app:waits";
    world.service().start(std::move(request), [&](Result<StartedWorkflow> started) { pid = started->pid; });
    while (pid.empty()) EXPECT_TRUE(world.queue().pump());
    return pid;
  }
  static Code code_of(const World& world) { return world.programs.find("app:waits")->program; }
};

TEST_F(ServiceStop, OfRunsThatWereEndedFromOutsideAtAnyStep) {
  const auto stop_after = [](uint64_t seed, int steps, int later) -> Code {
    World world(seed);
    const std::string pid = start(world);
    for (int i = 0; i < steps; ++i) (void)world.step_without_activities();
    world.service().terminate(pid, "", [](const Result<>&) {});
    for (int i = 0; i < later; ++i) (void)world.step_without_activities();
    return code_of(world);
  };
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    for (int steps = 0; steps < 8; ++steps) {
      for (int later = 0; later < 4; ++later) {
        EXPECT_TRUE(stop_after(seed, steps, later).expired()) << seed << ' ' << steps << ' ' << later;
      }
    }
  }
}

// Such a run has heard of its end, but what its own commit came to it never will.
TEST_F(ServiceStop, OfARunWhoseCommitIsInProgress) {
  const auto stop = []() -> Code {
    World world;
    const auto take_turns = [&world] {
      while (world.take_a_turn()) {
      }
    };
    const std::string pid = start(world);
    take_turns();
    EXPECT_TRUE(world.queue().pump());  // its history is there
    bool ended = false;
    world.service().terminate(pid, "", [&](const Result<>&) {
      take_turns();
      ended = true;
    });
    take_turns();
    while (!ended) EXPECT_TRUE(world.queue().pump());
    return code_of(world);
  };
  EXPECT_TRUE(stop().expired());
}

}  // namespace
}  // namespace trivium::units::workflows::testing
