#include "units/call_metrics.h"

#include <gtest/gtest.h>

#include "units/test_node.h"

namespace trivium::units {
namespace {

using std::chrono::milliseconds;

FunctionFigures figures(TestNode& test, const std::string& id) {
  for (FunctionFigures& found : test.node.functions().figures()) {
    if (found.id == id) return found;
  }
  return {};
}

// Buckets of the histogram as bound (ns) and count, those that are not empty.
std::string latency(const CallFigures& figures) {
  std::string text;
  for (size_t i = 0; i < figures.latency.size(); ++i) {
    if (figures.latency[i] == 0) continue;
    const std::string bound =
        i < CallFigures::bounds_ns.size() ? std::to_string(CallFigures::bounds_ns[i]) : "more";
    text += "<=" + bound + ":" + std::to_string(figures.latency[i]) + " ";
  }
  return text;
}

TEST(CallMetrics, CountsWhatIsInFlightAndWhatEnded) {
  TestNode test;
  test.function("app:f", "sleep(20) error('failed')", 1);
  test.pass(milliseconds(1));
  test.start("call('app:f')");
  test.start("call('app:f')");
  test.run();
  FunctionFigures now = figures(test, "app:f");
  EXPECT_EQ(now.calls.calls, 2u);
  EXPECT_EQ(now.calls.in_flight, 2u) << "also the one that waits for a worker";
  EXPECT_EQ(now.pool.active, 1u);
  EXPECT_EQ(now.pool.waiting, 1u);
  for (int i = 0; i < 4; ++i) test.pass(milliseconds(10));
  now = figures(test, "app:f");
  EXPECT_EQ(now.calls.errors, 2u);
  EXPECT_EQ(now.calls.in_flight, 0u);
  // 20 ms, and 20 ms of waiting more.
  EXPECT_EQ(latency(now.calls), "<=50000000:2 ");
  EXPECT_EQ(now.calls.timed, 2u);
  EXPECT_EQ(now.calls.timed_ns, 60'000'000);
}

TEST(CallMetrics, CancelledCallsEndToo) {
  TestNode test;
  test.function("app:f", "sleep(3600000)", 1);
  const auto first = test.start("call('app:f')");
  test.run();
  const auto second = test.start("call('app:f')");
  test.run();
  second->kill(canceled_error());
  test.run();
  EXPECT_EQ(figures(test, "app:f").calls.in_flight, 1u);
  first->kill(canceled_error());
  test.run();
  EXPECT_EQ(figures(test, "app:f").calls.in_flight, 0u);
  EXPECT_EQ(figures(test, "app:f").calls.errors, 2u);
}

TEST(CallMetrics, EveryAttemptCounts) {
  TestNode test;
  const Object retry{{"max_attempts", 3}, {"initial_delay", 10}, {"retry_kinds", "Internal"}};
  test.function("app:f", "error('failed')", 1, Object{{"retry", retry}});
  const auto caller = test.start("call('app:f')");
  for (int i = 0; i < 100; ++i) test.pass(milliseconds(10));
  EXPECT_TRUE(caller->ended());
  EXPECT_EQ(figures(test, "app:f").calls.calls, 3u);
  EXPECT_EQ(figures(test, "app:f").calls.errors, 3u);
}

TEST(CallMetrics, ManyCallsAreSampled) {
  CallMetrics metrics;
  int timed = 0;
  for (int i = 0; i < 256 + 1600; ++i) {
    const int64_t begun = metrics.begin(system_clock());
    if (begun != 0) ++timed;
    metrics.end(false, begun, system_clock());
  }
  EXPECT_EQ(timed, 256 + 100);
  EXPECT_EQ(metrics.figures().timed, 356u);
  EXPECT_EQ(metrics.figures().calls, 1856u);
}

TEST(CallMetrics, Buckets) {
  class At final : public Clock {
   public:
    int64_t wall_ns() const override { return 0; }
    int64_t monotonic_ns() const override { return now; }
    int64_t now = 1;
  } clock;
  CallMetrics metrics;
  for (const int64_t took : {int64_t{0}, int64_t{10'000}, int64_t{10'001}, int64_t{3'600'000'000'000}}) {
    clock.now = 1;
    const int64_t begun = metrics.begin(clock);
    clock.now += took;
    metrics.end(false, begun, clock);
  }
  EXPECT_EQ(latency(metrics.figures()), "<=10000:2 <=50000:1 <=more:1 ");
}

}  // namespace
}  // namespace trivium::units
