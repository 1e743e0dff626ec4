// Stopping: order, time limits, what it interrupts.
#include "units/supervisor/test_supervisor.h"

namespace trivium::units {
namespace {

using State = ServiceState;
using testing::ElementsAre;
using testing::IsEmpty;

class StopTest : public SupervisorTest {
 protected:
  // a needs b and c, which need d; e is on its own.
  void add_diamond() {
    a = &add("a", {"b", "c"});
    b = &add("b", {"d"});
    c = &add("c", {"d"});
    d = &add("d");
    e = &add("e");
    supervisor.start_auto();
    journal.clear();
  }
  ScriptedService *a = nullptr, *b = nullptr, *c = nullptr, *d = nullptr, *e = nullptr;
  std::optional<Result<>> result;
};

TEST_F(StopTest, StopsLevelByLevel) {
  add_diamond();
  a->hang_stop = b->hang_stop = true;
  supervisor.stop_all(seconds(30), into(result));
  EXPECT_THAT(journal, ElementsAre("stop a", "stop e"));
  EXPECT_EQ(state("a"), State::stopping);
  EXPECT_EQ(state("e"), State::stopped);
  EXPECT_EQ(state("b"), State::running);
  a->stop_done({});
  EXPECT_THAT(journal, ElementsAre("stop a", "stop e", "stop b", "stop c"));
  EXPECT_FALSE(result);
  b->stop_done({});
  EXPECT_THAT(journal, ElementsAre("stop a", "stop e", "stop b", "stop c", "stop d"));
  EXPECT_TRUE(result.value());
  EXPECT_EQ(timers.pending(), 0u);
  for (const ServiceStatus& service : supervisor.snapshot()) {
    EXPECT_EQ(service.state, State::stopped);
    EXPECT_EQ(service.desired, DesiredState::stopped);
  }
  EXPECT_EQ(logged("INFO stopping service service_id=app:a level=0"), 1u);
  EXPECT_EQ(logged("INFO stopping service service_id=app:d level=2"), 1u);
}

TEST_F(StopTest, ATimeoutOrFailureDoesNotStopTheSequence) {
  add_diamond();
  a->hang_stop = true;
  b->stop_result = fail(passing("no"));
  supervisor.stop_all(seconds(30), into(result));
  timers.advance(seconds(10));
  EXPECT_THAT(journal, ElementsAre("stop a", "stop e", "stop b", "stop c", "stop d"));
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(details("a"), "stop timeout after 10s");
  EXPECT_EQ(details("b"), "error: no");
  EXPECT_EQ(
      logged("INFO service app:a is failed serviceID=app:a status=failed details=stop timeout after 10s"),
      1u);
  EXPECT_EQ(result->error().kind, kind::timeout);
  a->stop_done({});  // too late
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StopTest, GivesUpWhenTimeIsUp) {
  add_diamond();
  a->hang_stop = true;
  std::optional<Result<>> joined;
  supervisor.stop_all(seconds(3), into(result));
  supervisor.stop_all(seconds(1), into(joined));
  timers.advance(milliseconds(2999));
  EXPECT_FALSE(result);
  timers.advance(milliseconds(1));
  EXPECT_EQ(result->error().kind, kind::timeout);
  EXPECT_EQ(joined->error().kind, kind::timeout);
  EXPECT_EQ(logged("ERROR services did not stop in time"), 1u);
  a->stop_done({});
  EXPECT_THAT(journal, ElementsAre("stop a", "stop e"));
  std::optional<Result<>> late;
  supervisor.stop_all(seconds(1), into(late));
  EXPECT_EQ(late->error().kind, kind::timeout);
}

TEST_F(StopTest, StopsNothingTwiceAndStartsNothingMore) {
  add_diamond();
  e->events.ended(std::nullopt);
  supervisor.stop_all(Duration::zero(), into(result));
  EXPECT_TRUE(result.value());
  EXPECT_EQ(state("e"), State::exited);
  EXPECT_THAT(journal, ElementsAre("stop a", "stop b", "stop c", "stop d"));
  std::optional<Result<>> refused;
  supervisor.start(id("a"), into(refused));
  EXPECT_EQ(refused->error().kind, kind::unavailable);
  EXPECT_EQ(supervisor.add({id("new"), {}, {}, nullptr}).error().kind, kind::unavailable);
  supervisor.start_auto();
  timers.advance(seconds(100));
  EXPECT_EQ(a->starts, 1);
}

TEST_F(StopTest, StopAllAbandonsStartsAndRetriesAtOnce) {
  add("top", {"slow"});
  ScriptedService& slow = add("slow");
  ScriptedService& busy = add("busy");
  ScriptedService& retried = add("retried");
  slow.hang_start = true;
  busy.hang_stop = true;
  retried.failures = {passing()};
  bool settled = false;
  supervisor.on_first_attempts_settled([&] { settled = true; });
  supervisor.start_auto();
  EXPECT_FALSE(settled);
  journal.clear();
  supervisor.stop_all(seconds(30), into(result));
  EXPECT_THAT(journal, ElementsAre("stop slow", "stop busy"));
  EXPECT_TRUE(settled);
  EXPECT_EQ(state("retried"), State::stopped);
  EXPECT_EQ(state("slow"), State::stopped);
  EXPECT_EQ(state("top"), State::unknown);
  EXPECT_FALSE(result);
  busy.stop_done({});
  EXPECT_TRUE(result.value());
  slow.start_done({});  // too late
  EXPECT_EQ(state("slow"), State::stopped);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(logged("commit protocol"), 0u);
}

TEST_F(StopTest, AStopRequestCancelsADelay) {
  ScriptedService& service = add("a");
  supervisor.start_auto();
  service.events.ended(passing());
  EXPECT_EQ(timers.pending(), 1u);
  supervisor.stop(id("a"), into(result));
  EXPECT_TRUE(result.value());
  EXPECT_EQ(state("a"), State::stopped);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(service.starts, 1);
}

TEST_F(StopTest, AStopDuringStartAbandonsIt) {
  ScriptedService& service = add("a");
  service.hang_start = service.hang_stop = true;
  std::optional<Result<>> start;
  supervisor.start(id("a"), into(start));
  supervisor.stop(id("a"), into(result));
  EXPECT_EQ(start->error().kind, kind::canceled);
  EXPECT_EQ(state("a"), State::stopping);
  service.start_done({});
  EXPECT_EQ(state("a"), State::stopping);
  service.stop_done({});
  EXPECT_EQ(state("a"), State::stopped);
  EXPECT_TRUE(result.value());
  EXPECT_THAT(journal, ElementsAre("start a", "stop a"));
}

TEST_F(StopTest, AStopWhileASlowStartIsUndoneWaitsForThat) {
  ScriptedService& service = add("a");
  service.hang_start = service.hang_stop = true;
  supervisor.start_auto();
  timers.advance(seconds(10));
  supervisor.stop(id("a"), into(result));
  EXPECT_EQ(state("a"), State::stopping);
  EXPECT_FALSE(result);
  service.stop_done({});
  EXPECT_TRUE(result.value());
  EXPECT_THAT(journal, ElementsAre("start a", "stop a"));
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StopTest, StopsDependentsFirst) {
  add_diamond();
  supervisor.stop(id("b"), into(result));
  EXPECT_THAT(journal, ElementsAre("stop a", "stop b"));
  EXPECT_TRUE(result.value());
  EXPECT_EQ(state("c"), State::running);
  supervisor.stop(id("x"), into(result));
  EXPECT_EQ(result->error().kind, kind::not_found);
}

TEST_F(StopTest, StoppingADependencyEndsTheWaitForIt) {
  add("a", {"b"});
  add("b").hang_start = true;
  supervisor.start_auto();
  supervisor.stop(id("b"));
  timers.advance(seconds(100));
  EXPECT_THAT(journal, ElementsAre("start b", "stop b"));
  EXPECT_EQ(state("a"), State::unknown);
}

TEST_F(StopTest, AStartDuringStopFollowsIt) {
  ScriptedService& service = add("a");
  service.hang_stop = true;
  supervisor.start_auto();
  supervisor.stop(id("a"), into(result));
  std::optional<Result<>> start;
  supervisor.start(id("a"), into(start));
  EXPECT_FALSE(start);
  service.stop_done({});
  EXPECT_TRUE(result.value());
  EXPECT_TRUE(start.value());
  EXPECT_EQ(state("a"), State::running);
  EXPECT_THAT(journal, ElementsAre("start a", "stop a", "start a"));
}

TEST_F(StopTest, AnEndWhileStoppingIsNoFailure) {
  ScriptedService& service = add("a");
  service.hang_stop = true;
  supervisor.start_auto();
  supervisor.stop(id("a"));
  service.events.ended(passing());
  service.stop_done({});
  EXPECT_EQ(state("a"), State::stopped);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StopTest, RemovingStopsAndForgets) {
  add_diamond();
  b->hang_stop = true;
  supervisor.remove({id("a"), id("b"), id("nobody")}, into(result));
  EXPECT_THAT(journal, ElementsAre("stop a", "stop b"));
  std::optional<Result<>> refused;
  supervisor.start(id("a"), into(refused));
  EXPECT_EQ(refused->error().kind, kind::not_found);
  b->stop_done({});
  EXPECT_TRUE(result.value());
  EXPECT_EQ(supervisor.snapshot().size(), 3u);
  EXPECT_EQ(logged("INFO service removed serviceID=app:a"), 1u);
  add("b", {"a"});
  supervisor.start_auto();
  EXPECT_EQ(logged("app:b requires app:a"), 1u);
}

TEST_F(StopTest, CallbacksMayCallBack) {
  add_diamond();
  supervisor.stop(id("a"), [this](const Result<>&) {
    supervisor.start(id("a"), [this](const Result<>&) { supervisor.stop_all(seconds(1), into(result)); });
  });
  EXPECT_TRUE(result.value());
  EXPECT_EQ(a->starts, 2);
  EXPECT_EQ(state("a"), State::stopped);
}

TEST_F(StopTest, LateReportsOutliveTheSupervisor) {
  auto service = std::make_shared<ScriptedService>("a", journal);
  service->hang_start = true;
  {
    Supervisor other({timers, random, Log(), {}});
    ASSERT_TRUE(other.add({id("a"), lifecycle(), {}, service}));
    other.start_auto();
    EXPECT_EQ(timers.pending(), 1u);
  }
  EXPECT_EQ(timers.pending(), 0u);
  service->start_done({});
  service->events.ended(passing());
}

}  // namespace
}  // namespace trivium::units
