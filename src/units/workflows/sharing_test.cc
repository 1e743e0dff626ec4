// Single things that happen to runtimes on one store. sharing_simulation_test.cc is for all of them together.
#include "units/workflows/sharing.h"

#include <gtest/gtest.h>

#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SharedRuntimes : public ::testing::Test {
 protected:
  SharedRuntimes() : cluster(1, 2, [](ServiceOptions& options) { options.lease = seconds(5); }) {}

  void add(const std::string& id, const std::string& source) {
    for (size_t node = 0; node < cluster.size(); ++node) {
      cluster.world(node).programs.add(id, source);
      cluster.restart(node);
    }
    cluster.run_for(seconds(2));
  }
  void start(size_t node, const std::string& id, const std::string& name) {
    StartRequest request;
    request.id = id;
    request.name = name;
    bool started = false;
    cluster.world(node).service().start(
        request, [&](const Result<StartedWorkflow>& done) { started = done.has_value(); });
    EXPECT_TRUE(cluster.run_until([&] { return started; }, minutes(1)));
  }

  Cluster cluster;
};

TEST_F(SharedRuntimes, ClocksThatAreSetMakeNoTimerEarly) {
  add("app:wf", "return function() sleep(60000000000) return 'slept' end");
  cluster.world(0).timers().step_wall(hours(1));
  start(0, "app:wf", "one");
  cluster.world(0).timers().step_wall(hours(1));
  bool ended = false;
  cluster.world(1).service().watch("one", [&](const WorkflowEnd& end) { ended = !end.error; });
  EXPECT_FALSE(cluster.run_until([&] { return ended; }, seconds(59)));
  EXPECT_TRUE(cluster.run_until([&] { return ended; }, seconds(10)));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
