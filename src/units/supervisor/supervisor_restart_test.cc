// One service: attempts, failures, waits.
#include "units/supervisor/test_supervisor.h"

namespace trivium::units {
namespace {

using State = ServiceState;
using testing::ElementsAre;

class RestartTest : public SupervisorTest {
 protected:
  static app::Lifecycle attempts(int64_t most) {
    app::Lifecycle limited = lifecycle();
    limited.restart.max_attempts = most;
    return limited;
  }
  // How long until the next attempt, in milliseconds; -1: none within an hour.
  int64_t next_start(const ScriptedService& service) {
    const int before = service.starts;
    for (int64_t ms = 0; ms <= 3'600'000; ms += 500) {
      if (service.starts > before) return ms;
      timers.advance(milliseconds(500));
    }
    return -1;
  }
};

TEST_F(RestartTest, RunsAtTheFirstAttempt) {
  ScriptedService& a = add("a");
  EXPECT_EQ(state("a"), State::unknown);
  EXPECT_EQ(status("a").desired, DesiredState::unknown);
  a.hang_start = true;
  timers.advance(seconds(3));
  supervisor.start_auto();
  EXPECT_EQ(state("a"), State::starting);
  EXPECT_EQ(details("a"), "attempt 1");
  EXPECT_EQ(status("a").started_at_ns, 0);
  timers.advance(seconds(2));
  a.start_done({});
  EXPECT_EQ(state("a"), State::running);
  EXPECT_EQ(status("a").desired, DesiredState::running);
  EXPECT_EQ(details("a"), "");
  EXPECT_EQ(status("a").started_at_ns, timers.clock().wall_ns());
  EXPECT_EQ(status("a").last_update_ns, timers.clock().wall_ns());
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_THAT(sink->lines,
              ElementsAre("INFO service registered serviceID=app:a", "INFO starting service service_id=app:a",
                          "INFO service app:a is starting serviceID=app:a status=starting "
                          "details=attempt 1"));
  EXPECT_THAT(updates, ElementsAre("a unknown", "a starting", "a running"));
}

TEST_F(RestartTest, ReportsStatusTexts) {
  ScriptedService& a = add("a");
  a.hang_start = true;
  supervisor.start_auto();
  a.events.status("early");
  EXPECT_EQ(details("a"), "attempt 1");
  a.start_done({});
  EXPECT_EQ(details("a"), "early");
  a.events.status("service listening on :8080");
  EXPECT_EQ(details("a"), "service listening on :8080");
  EXPECT_EQ(logged("INFO service app:a is running serviceID=app:a status=running details=service listening"),
            1u);
}

TEST_F(RestartTest, WaitsLongerAfterEachFailedStart) {
  ScriptedService& a = add("a");
  a.failures = {passing(), passing(), passing(), passing()};
  supervisor.start_auto();
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(details("a"), "error: boom");
  EXPECT_EQ(status("a").retry_count, 1);
  EXPECT_EQ(next_start(a), 1000);
  EXPECT_EQ(next_start(a), 2000);
  EXPECT_EQ(next_start(a), 4000);
  EXPECT_EQ(next_start(a), 8000);
  EXPECT_EQ(state("a"), State::running);
  EXPECT_EQ(status("a").retry_count, 4);
  EXPECT_EQ(logged("details=attempt 5"), 1u);
  EXPECT_EQ(logged("ERROR service app:a is failed"), 4u);
  EXPECT_EQ(logged("commit protocol"), 0u);
}

TEST_F(RestartTest, MaxAttemptsOfOneNeverRestarts) {
  ScriptedService& a = add("a", {}, attempts(1));
  a.failures = {passing()};
  ScriptedService& b = add("b", {}, attempts(1));
  supervisor.start_auto();
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(logged("ERROR failed to execute commit protocol serviceID=app:a error=boom"), 1u);
  b.events.ended(passing());
  EXPECT_EQ(state("b"), State::failed);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(a.starts, 1);
  EXPECT_EQ(b.starts, 1);
}

TEST_F(RestartTest, MaxAttemptsOfFiveAllowsFourRestarts) {
  ScriptedService& a = add("a", {}, attempts(5));
  supervisor.start_auto();
  for (int i = 0; i < 4; ++i) {
    a.events.ended(passing());
    EXPECT_EQ(next_start(a), 1000 << i);
  }
  a.events.ended(passing());
  EXPECT_EQ(next_start(a), -1);
  EXPECT_EQ(a.starts, 5);
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(status("a").retry_count, 5);

  // A request begins anew.
  supervisor.start(id("a"));
  EXPECT_EQ(state("a"), State::running);
  EXPECT_EQ(status("a").retry_count, 0);
}

TEST_F(RestartTest, FailedStartsAndFailedRunsCountTogether) {
  ScriptedService& a = add("a", {}, attempts(3));
  a.failures = {passing()};
  supervisor.start_auto();
  EXPECT_EQ(next_start(a), 1000);
  a.events.ended(passing());
  a.failures = {passing()};
  EXPECT_EQ(next_start(a), 2000);
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(next_start(a), -1);
}

TEST_F(RestartTest, AStableRunForgivesEarlierFailures) {
  ScriptedService& a = add("a", {}, attempts(3));
  supervisor.start_auto();
  a.events.ended(passing());
  EXPECT_EQ(next_start(a), 1000);
  timers.advance(milliseconds(4999));
  a.events.ended(passing());
  EXPECT_EQ(status("a").retry_count, 2);
  EXPECT_EQ(next_start(a), 2000);
  timers.advance(seconds(5));
  a.events.ended(passing());
  EXPECT_EQ(status("a").retry_count, 0);
  EXPECT_EQ(next_start(a), 1000);
  EXPECT_EQ(details("a"), "");
  EXPECT_EQ(logged("ERROR service app:a is running"), 3u);
  EXPECT_EQ(logged("ERROR service app:a is failed"), 3u);
}

TEST_F(RestartTest, TerminalErrorsEndItForGood) {
  add("plain").failures = {Error::of(kind::invalid, "useless")};
  add("exited").failures = {service_exited()};
  add("terminated").failures = {service_terminated()};
  Error canceled = Error::unspecified(kind::canceled, "canceled");
  add("canceled").failures = {canceled};
  supervisor.start_auto();
  for (const char* name : {"plain", "exited", "terminated", "canceled"})
    EXPECT_EQ(state(name), State::exited);
  EXPECT_EQ(details("plain"), "error: useless");
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(logged("ERROR service app:plain is exited"), 1u);
  EXPECT_EQ(logged("INFO service app:exited is exited"), 1u);
  EXPECT_EQ(logged("WARN service app:terminated is exited"), 1u);
  EXPECT_EQ(logged("WARN service app:canceled is exited"), 1u);
}

TEST_F(RestartTest, EndsOfARunThatNeedNoRestart) {
  ScriptedService& a = add("a");
  ScriptedService& b = add("b");
  supervisor.start_auto();
  a.events.ended(std::nullopt);
  b.events.ended(Error::of(kind::invalid, "useless"));
  a.events.ended(passing());  // too late
  EXPECT_EQ(state("a"), State::exited);
  EXPECT_EQ(details("a"), "");
  EXPECT_EQ(state("b"), State::exited);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(logged("DEBUG service app:a is exited"), 1u);
  EXPECT_EQ(logged("ERROR service app:b is exited"), 1u);
}

TEST_F(RestartTest, AnEndBeforeTheStartIsDoneCountsAfterIt) {
  ScriptedService& a = add("a");
  a.hang_start = true;
  supervisor.start_auto();
  a.events.ended(std::nullopt);
  EXPECT_EQ(state("a"), State::starting);
  a.start_done({});
  EXPECT_EQ(state("a"), State::exited);
  EXPECT_THAT(updates, ElementsAre("a unknown", "a starting", "a running", "a exited"));
}

TEST_F(RestartTest, ASlowStartIsUndoneAndTriedAgain) {
  ScriptedService& a = add("a");
  a.hang_start = true;
  supervisor.start_auto();
  timers.advance(seconds(10));
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(details("a"), "start timeout");
  EXPECT_EQ(logged("INFO service app:a is failed serviceID=app:a status=failed details=start timeout"), 1u);
  EXPECT_THAT(journal, ElementsAre("start a", "stop a"));
  a.start_done({});  // too late
  EXPECT_EQ(state("a"), State::failed);
  a.hang_start = false;
  EXPECT_EQ(next_start(a), 1000);
  EXPECT_EQ(state("a"), State::running);
}

TEST_F(RestartTest, TheNextAttemptWaitsUntilTheSlowOneIsUndone) {
  ScriptedService& a = add("a");
  a.hang_start = a.hang_stop = true;
  supervisor.start_auto();
  timers.advance(seconds(10));
  timers.advance(seconds(4));
  EXPECT_EQ(a.starts, 1);
  a.hang_start = false;
  a.stop_done({});
  EXPECT_EQ(a.starts, 2);
  EXPECT_EQ(state("a"), State::running);
}

TEST_F(RestartTest, TheNextAttemptDoesNotWaitForEver) {
  ScriptedService& a = add("a");
  a.hang_start = a.hang_stop = true;
  supervisor.start_auto();
  timers.advance(seconds(10));
  EXPECT_EQ(next_start(a), 10000);
  a.start_done({});
  a.stop_done({});  // of the first attempt
  EXPECT_EQ(state("a"), State::running);
}

TEST_F(RestartTest, MaxAttemptsCountsSlowStarts) {
  ScriptedService& a = add("a", {}, attempts(1));
  a.hang_start = true;
  supervisor.start_auto();
  timers.advance(seconds(10));
  EXPECT_EQ(next_start(a), -1);
  EXPECT_EQ(logged("failed to execute commit protocol serviceID=app:a error=start timeout"), 1u);
}

TEST_F(RestartTest, ANewDefinitionWaitsForTheNextStart) {
  ScriptedService& old = add("a");
  supervisor.start_auto();
  auto fresh = std::make_shared<ScriptedService>("new", journal);
  EXPECT_TRUE(supervisor.update({id("a"), attempts(2), {}, fresh}));
  EXPECT_EQ(supervisor.update({id("b"), {}, {}, fresh}).error().kind, kind::not_found);
  old.events.ended(passing());
  timers.advance(seconds(1));
  fresh->events.ended(passing());
  EXPECT_EQ(state("a"), State::failed);
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_THAT(journal, ElementsAre("start a", "start new"));
}

}  // namespace
}  // namespace trivium::units
