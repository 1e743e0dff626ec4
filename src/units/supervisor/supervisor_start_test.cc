// Several services: who waits for whom, what blocks, who is told.
#include "units/supervisor/test_supervisor.h"

namespace trivium::units {
namespace {

using State = ServiceState;
using testing::ElementsAre;
using testing::IsEmpty;

class StartTest : public SupervisorTest {
 protected:
  static app::Lifecycle manual() {
    app::Lifecycle manual = lifecycle();
    manual.auto_start = false;
    return manual;
  }
  static app::Lifecycle optional() {
    app::Lifecycle optional = lifecycle();
    optional.optional = true;
    return optional;
  }
  static app::Lifecycle once(app::Lifecycle lifecycle) {
    lifecycle.restart.max_attempts = 1;
    return lifecycle;
  }

  bool settled = false;
  std::function<void()> settle = [this] { settled = true; };
};

TEST_F(StartTest, StartsInTheOrderOfDependencies) {
  add("a", {"b", "c"});
  ScriptedService& b = add("b", {"d"});
  ScriptedService& c = add("c", {"d"});
  ScriptedService& d = add("d", {}, manual());
  add("e", {}, manual());
  b.hang_start = c.hang_start = d.hang_start = true;
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  EXPECT_THAT(journal, ElementsAre("start d"));
  d.start_done({});
  EXPECT_THAT(journal, ElementsAre("start d", "start b", "start c"));  // at the same time
  c.start_done({});
  EXPECT_EQ(journal.size(), 3u);
  EXPECT_FALSE(settled);
  b.start_done({});
  EXPECT_THAT(journal, ElementsAre("start d", "start b", "start c", "start a"));
  EXPECT_TRUE(settled);
  EXPECT_EQ(state("e"), State::unknown);
}

TEST_F(StartTest, FindsDependenciesBehindPlainEntries) {
  add("consumer");
  add("driver", {}, manual());
  supervisor.set_references({{id("consumer"), {id("queue")}}, {id("queue"), {id("driver")}}});
  supervisor.start_auto();
  EXPECT_THAT(journal, ElementsAre("start driver", "start consumer"));
}

TEST_F(StartTest, ADependencyThatRanAndEndedCounts) {
  add("a", {"migration", "slow"});
  ScriptedService& migration = add("migration");
  ScriptedService& slow = add("slow");
  slow.hang_start = true;
  supervisor.start_auto();
  migration.events.ended(std::nullopt);
  slow.start_done({});
  EXPECT_EQ(state("a"), State::running);
  // For a later plan it starts again.
  add("b", {"migration"});
  supervisor.start_auto();
  EXPECT_EQ(migration.starts, 2);
  EXPECT_EQ(slow.starts, 1);
}

TEST_F(StartTest, AFailedStartBlocksItsDependentsAlone) {
  add("a", {"b"});
  add("b", {"c"});
  add("c", {}, once(lifecycle())).failures = {passing()};
  add("d", {"e"});
  add("e");
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  EXPECT_THAT(journal, ElementsAre("start c", "start e", "start d"));
  EXPECT_EQ(state("a"), State::unknown);
  EXPECT_EQ(details("b"), "error: dependency app:c did not start: boom");
  EXPECT_EQ(logged("ERROR failed to execute commit protocol serviceID=app:c error=boom"), 1u);
  EXPECT_EQ(logged("commit protocol"), 1u);
  EXPECT_TRUE(settled);
}

TEST_F(StartTest, DependentsWaitForARetry) {
  add("a", {"b"});
  ScriptedService& b = add("b");
  b.failures = {passing(), passing()};
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  EXPECT_TRUE(settled);  // b failed once, a waits
  EXPECT_THAT(journal, ElementsAre("start b"));
  timers.advance(seconds(1));
  timers.advance(seconds(2));
  EXPECT_THAT(journal, ElementsAre("start b", "start b", "start b", "start a"));
}

TEST_F(StartTest, DependentsOfOneThatGivesUpStayDown) {
  add("a", {"b"});
  app::Lifecycle twice = lifecycle();
  twice.restart.max_attempts = 2;
  add("b", {}, twice).failures = {passing(), passing()};
  supervisor.start_auto();
  EXPECT_EQ(logged("commit protocol"), 0u);
  timers.advance(seconds(1));
  EXPECT_EQ(logged("ERROR failed to execute commit protocol serviceID=app:b"), 1u);
  EXPECT_EQ(state("b"), State::failed);
  EXPECT_EQ(state("a"), State::unknown);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(StartTest, LaterPlansDoNotQueueBehindARetry) {
  ScriptedService& a = add("a");
  a.failures = {passing()};
  supervisor.start_auto();
  add("b");
  add("c", {"a"});
  supervisor.start_auto();
  EXPECT_THAT(journal, ElementsAre("start a", "start b"));
  timers.advance(seconds(1));
  EXPECT_THAT(journal, ElementsAre("start a", "start b", "start a", "start c"));
}

TEST_F(StartTest, AMissingDependencyBlocks) {
  add("a", {"b"});
  add("b", {"nowhere"});
  add("c");
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  EXPECT_THAT(journal, ElementsAre("start c"));
  EXPECT_EQ(details("b"),
            "error: service startup blocked by missing dependencies: app:b requires app:nowhere");
  EXPECT_EQ(details("a"), details("b"));
  EXPECT_TRUE(settled);
  EXPECT_EQ(logged("ERROR failed to execute commit protocol serviceID=app:b"), 1u);
  std::optional<Result<>> result;
  supervisor.start(id("a"), into(result));
  EXPECT_EQ(result->error().kind, kind::invalid);
}

TEST_F(StartTest, ACircleFailsThePlan) {
  add("a", {"b"});
  add("b", {"a"});
  add("c");
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  EXPECT_THAT(journal, IsEmpty());
  EXPECT_EQ(logged("ERROR failed to execute commit protocol error=failed to determine start dependency"), 1u);
  EXPECT_TRUE(settled);
  supervisor.start(id("c"));
  EXPECT_EQ(state("c"), State::running);
}

TEST_F(StartTest, OptionalFailuresAreNoErrors) {
  add("gone", {}, once(optional())).failures = {passing()};
  add("blocked", {"nowhere"}, optional());
  add("retried", {}, optional()).failures = {passing()};
  supervisor.start_auto();
  EXPECT_EQ(logged("commit protocol"), 0u);
  EXPECT_EQ(logged("WARN optional service did not start serviceID=app:gone"), 1u);
  EXPECT_EQ(logged("WARN optional service did not start serviceID=app:blocked"), 1u);
  timers.advance(seconds(1));
  EXPECT_EQ(state("retried"), State::running);
}

TEST_F(StartTest, AnOptionalServiceThatARequiredOneNeedsIsRequired) {
  add("a", {"b"});
  add("b", {}, once(optional())).failures = {passing()};
  supervisor.start_auto();
  EXPECT_EQ(logged("ERROR failed to execute commit protocol serviceID=app:b"), 1u);
}

TEST_F(StartTest, SettlesWithoutAnyService) {
  supervisor.on_first_attempts_settled(settle);
  EXPECT_FALSE(settled);
  supervisor.start_auto();
  EXPECT_TRUE(settled);
  settled = false;
  supervisor.on_first_attempts_settled(settle);
  EXPECT_TRUE(settled);
}

TEST_F(StartTest, SettlesOnceASlowStartTimesOut) {
  add("a").hang_start = true;
  supervisor.on_first_attempts_settled(settle);
  supervisor.start_auto();
  timers.advance(milliseconds(9999));
  EXPECT_FALSE(settled);
  timers.advance(milliseconds(1));
  EXPECT_TRUE(settled);
}

TEST_F(StartTest, ARequestHearsOfTheFirstAttempt) {
  ScriptedService& a = add("a", {"b"}, manual());
  ScriptedService& b = add("b", {}, manual());
  b.failures = {passing()};
  std::optional<Result<>> first;
  supervisor.start(id("a"), into(first));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->error().kind, kind::unavailable);
  EXPECT_EQ(first->error().message, "dependency app:b did not start: boom");

  std::optional<Result<>> again;
  supervisor.start(id("b"), into(again));  // does not wait for the delay to pass
  EXPECT_TRUE(again.value());
  EXPECT_EQ(status("b").retry_count, 0);
  EXPECT_EQ(a.starts, 1);

  std::optional<Result<>> running;
  supervisor.start(id("a"), into(running));
  EXPECT_TRUE(running.value());
  EXPECT_EQ(a.starts, 1);
  std::optional<Result<>> unknown;
  supervisor.start(id("x"), into(unknown));
  EXPECT_EQ(unknown->error().kind, kind::not_found);
}

TEST_F(StartTest, ARequestJoinsAStartUnderWay) {
  ScriptedService& a = add("a");
  a.hang_start = true;
  supervisor.start_auto();
  std::optional<Result<>> result;
  supervisor.start(id("a"), into(result));
  EXPECT_FALSE(result);
  a.start_done(fail(passing()));
  EXPECT_EQ(result->error().message, "boom");
  EXPECT_EQ(a.starts, 1);
}

TEST_F(StartTest, AnIdIsRegisteredOnce) {
  ScriptedService& a = add("a");
  EXPECT_EQ(supervisor.add({id("a"), {}, {}, nullptr}).error().kind, kind::already_exists);
  add("b");
  ASSERT_EQ(supervisor.snapshot().size(), 2u);
  EXPECT_EQ(supervisor.snapshot()[1].id, id("b"));
  EXPECT_EQ(supervisor.status(id("c")), std::nullopt);
  supervisor.start_auto();
  supervisor.start_auto();
  EXPECT_EQ(a.starts, 1);
}

}  // namespace
}  // namespace trivium::units
