// Single things that happen to runtimes on one store. sharing_simulation_test.cc is for all of them together.
#include "units/workflows/sharing.h"

#include <gtest/gtest.h>

#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
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

// As when entries are read again while a runtime runs.
TEST_F(SharedRuntimes, ATypeIsLeftToTheOneThatGotItsCodeWhileItRan) {
  add("app:wf", "return function() end");
  cluster.world(1).programs.add("app:new", "return function() return 'new' end");
  cluster.run_for(seconds(2));
  cluster.pause(1, 0);
  cluster.run_for(milliseconds(200));
  RunStart start;
  start.workflow_id = "one";
  start.run_id = "r1";
  start.started = Object{{"workflow_type", Object{{"name", "app:new"}}},
                         {"task_queue", Object{{"name", ServiceOptions().worker}}}};
  ScriptContext context;
  const auto session = cluster.database().connect();
  Job job{[&](Tables& tables) -> Result<> {
            return start_run(tables, start, context) ? Result<>() : fail("", "");
          },
          [](const Result<>& done) { EXPECT_TRUE(done); }};
  session->run({&job, 1});
  cluster.run_for(seconds(2));  // in which the other one looks
  cluster.resume(1);
  bool ended = false;
  cluster.world(0).service().watch("one", [&](const WorkflowEnd& end) { ended = !end.error; });
  EXPECT_TRUE(cluster.run_until([&] { return ended; }, minutes(1)));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
