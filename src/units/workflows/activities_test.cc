// Attempts of activities: when they begin, how many at once, and signs of life.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.h"
#include "units/workflows/payload.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* call_it =
    "return function(options) local v, e = call_with(options, 'app:f') "
    "if e then return {e:kind(), e:details().timeout_type, e:details()._retry_state} end return v end";

class ActivityAttempts : public ::testing::Test {
 protected:
  void SetUp() override {
    world.programs.add("app:wf", call_it);
    world.functions.add("app:f", [this](const Array&) {
      ++calls;
      return lua::Reply::of("done");
    });
  }
  // Starts the workflow "one" and lets nothing end.
  void begin(Object options) {
    StartRequest request;
    request.id = "app:wf";
    request.name = "one";
    request.arguments = encode_values(Array{Value(std::move(options))});
    world.service().start(request, [](const Result<StartedWorkflow>& started) { EXPECT_TRUE(started); });
    rest();
  }
  void rest() {
    while (world.step_without_activities()) {
    }
  }
  void pass(Duration time) {
    world.timers().advance(time);
    rest();
  }
  void reboot(const std::function<void(ServiceOptions&)>& change) {
    change(world.options);
    world.restart();
  }
  // Looks without anything ending.
  ActivityRow activity() {
    world.functions.saturate(true);
    const std::vector<ActivityRow> open = world.describe("one").activities;
    world.functions.saturate(false);
    return open.empty() ? ActivityRow() : open[0];
  }
  int64_t attempt() { return activity().attempt; }

  World world;
  int calls = 0;
};

// --- schedule to start ------------------------------------------------------------------------------

TEST_F(ActivityAttempts, ACallThatGetsNoWorkerInTimeEndsAndIsNotRepeated) {
  world.functions.saturate(true);
  begin({{"activity.schedule_to_start_timeout", "10s"}});
  pass(seconds(9));
  EXPECT_EQ(world.describe("one").run.status, RunStatus::running);
  pass(seconds(2));
  EXPECT_EQ(shown(world.wait("one")), R"(["Timeout","schedule_to_start","NonRetryableFailure"])");
  EXPECT_THAT(outline(world.history("one")), HasSubstr("ActivityTaskTimedOut"));
}

TEST_F(ActivityAttempts, OneThatHasAWorkerMayTakeLonger) {
  begin({{"activity.schedule_to_start_timeout", "10s"}});
  pass(seconds(60));
  EXPECT_EQ(shown(world.wait("one")), "\"done\"");
}

TEST_F(ActivityAttempts, TheTimeOfAnAttemptBeginsWithItsWorker) {
  world.functions.saturate(true);
  begin({{"activity.start_to_close_timeout", "10s"}});
  pass(seconds(60));
  world.functions.last_activity()->began();
  rest();
  pass(seconds(9));
  EXPECT_EQ(attempt(), 1);
  pass(seconds(2));
  EXPECT_EQ(attempt(), 2);
}

TEST_F(ActivityAttempts, OfAQueueThatNobodyServesAWaitingOneIsVisibleAndEndsInTime) {
  begin({{"activity.task_queue", "elsewhere"}, {"activity.schedule_to_start_timeout", "10s"}});
  EXPECT_EQ(world.functions.waiting(), 0U);
  const std::vector<ActivityRow> open = world.describe("one").activities;
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(text_at(open[0].scheduled, "task_queue.name"), "elsewhere");
  world.timers().advance(seconds(6));
  world.restart();
  rest();
  EXPECT_EQ(world.functions.waiting(), 0U);
  EXPECT_EQ(attempt(), 1);
  pass(seconds(5));  // since it was scheduled, whatever died meanwhile
  EXPECT_EQ(shown(world.wait("one")), R"(["Timeout","schedule_to_start","NonRetryableFailure"])");
}

TEST_F(ActivityAttempts, AllTimeTogetherCountsWhileItWaits) {
  begin({{"activity.task_queue", "elsewhere"}, {"activity.schedule_to_close_timeout", "10s"}});
  pass(seconds(11));
  EXPECT_EQ(shown(world.wait("one")), R"(["Timeout","schedule_to_close","Timeout"])");
}

// --- how many at once -------------------------------------------------------------------------------

constexpr const char* call_ten =
    "return function() local channels, sum = {}, 0 for i = 1, 10 do channels[i] = async('app:f', i) end "
    "for i = 1, 10 do channels[i]:receive() end return 'all' end";

TEST_F(ActivityAttempts, OnlySoManyRunAtOnce) {
  reboot([](ServiceOptions& options) { options.most_activities = 3; });
  world.programs.add("app:wf", call_ten);
  begin({});
  EXPECT_EQ(world.functions.waiting(), 3U);
  EXPECT_EQ(shown(world.wait("one")), "\"all\"");
  EXPECT_EQ(calls, 10);
}

TEST_F(ActivityAttempts, OnlySoManyBeginInASecond) {
  reboot([](ServiceOptions& options) { options.activities_per_second = 2; });
  world.programs.add("app:wf", call_ten);
  begin({});
  EXPECT_EQ(world.functions.waiting(), 1U);
  pass(seconds(1));
  EXPECT_EQ(world.functions.waiting(), 3U);
  pass(seconds(1));
  EXPECT_EQ(world.functions.waiting(), 5U);
  EXPECT_EQ(shown(world.wait("one")), "\"all\"");
}

TEST_F(ActivityAttempts, WaitingForAPlaceIsWaitingToStart) {
  reboot([](ServiceOptions& options) { options.most_activities = 1; });
  begin({{"activity.schedule_to_start_timeout", "10s"}});
  StartRequest request;
  request.id = "app:wf";
  request.name = "two";
  request.arguments = encode_values(Array{Value(Object{{"activity.schedule_to_start_timeout", "10s"}})});
  world.service().start(request, [](const Result<StartedWorkflow>&) {});
  rest();
  EXPECT_EQ(world.functions.waiting(), 1U);
  pass(seconds(11));
  EXPECT_EQ(shown(world.wait("two")), R"(["Timeout","schedule_to_start","NonRetryableFailure"])");
  EXPECT_EQ(shown(world.wait("one")), "\"done\"");
}

// --- signs of life ----------------------------------------------------------------------------------

TEST_F(ActivityAttempts, AFunctionThatGivesNoSignOfLifeNeedsNone) {
  begin({{"activity.heartbeat_timeout", "10s"}});
  pass(seconds(60));
  EXPECT_EQ(shown(world.wait("one")), "\"done\"");
  EXPECT_EQ(calls, 1);
}

TEST_F(ActivityAttempts, OneThatFallsSilentIsTriedAgainAndKnowsHowFarItWas) {
  begin({{"activity.heartbeat_timeout", "10s"}});
  const auto first = world.functions.last_activity();
  EXPECT_EQ(first->info().find("heartbeat_details"), nullptr);
  EXPECT_FALSE(first->heartbeat("page 1"));
  rest();
  pass(seconds(9));
  EXPECT_FALSE(first->heartbeat(Object{{"page", 2}}));
  pass(seconds(9));
  EXPECT_EQ(attempt(), 1);
  pass(seconds(2));
  EXPECT_EQ(attempt(), 2);
  pass(seconds(1));
  const Object second = world.functions.last_activity()->info();
  EXPECT_EQ(*second.find("attempt"), Value(2));
  EXPECT_EQ(*second.find("heartbeat_details"), Value(Object{{"page", 2}}));
}

TEST_F(ActivityAttempts, SilenceAtTheLastAttemptIsTheEnd) {
  begin({{"activity.heartbeat_timeout", "10s"}, {"activity.retry_policy", Object{{"maximum_attempts", 1}}}});
  EXPECT_FALSE(world.functions.last_activity()->heartbeat({}));
  rest();
  pass(seconds(11));
  EXPECT_EQ(shown(world.wait("one")), R"(["Timeout","heartbeat","MaximumAttemptsReached"])");
}

TEST_F(ActivityAttempts, DetailsSurviveACrash) {
  begin({{"activity.heartbeat_timeout", "10s"}});
  EXPECT_FALSE(world.functions.last_activity()->heartbeat("page 7"));
  rest();
  world.restart();
  rest();
  EXPECT_EQ(*world.functions.last_activity()->info().find("heartbeat_details"), Value("page 7"));
  EXPECT_EQ(attempt(), 2);
}

TEST_F(ActivityAttempts, DetailsAreNotWrittenWithEverySignOfLife) {
  begin({{"activity.heartbeat_timeout", "10s"}});
  const auto call = world.functions.last_activity();
  EXPECT_FALSE(call->heartbeat(1));
  rest();
  const int before = world.queue().transactions();
  for (int i = 2; i < 100; ++i) {
    EXPECT_FALSE(call->heartbeat(i));
    rest();
  }
  EXPECT_EQ(world.queue().transactions(), before);
  pass(seconds(8));
  EXPECT_EQ(world.queue().transactions(), before + 1);
  EXPECT_THAT(activity().heartbeat, HasSubstr("99"));
}

TEST_F(ActivityAttempts, DetailsMayNotBeLarge) {
  begin({});
  const auto refused = world.functions.last_activity()->heartbeat(std::string(100000, 'x'));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, kind::invalid);
  EXPECT_THAT(refused->message, HasSubstr("keep them elsewhere"));
}

TEST_F(ActivityAttempts, ASignOfLifeIsAnsweredWithTheWishToCancel) {
  world.programs.add("app:wf",
                     "return function() local c, op = async('app:f') listen('go'):receive() cancel_call(op) "
                     "listen('end'):receive() return 'over' end");
  world.functions.set_options("app:f", Object{{"activity.heartbeat_timeout", "10s"}});
  begin({});
  const auto call = world.functions.last_activity();
  EXPECT_FALSE(call->heartbeat({}));
  rest();
  world.service().signal("one", {"go", "", {}}, [](const Result<>&) {});
  rest();
  EXPECT_THAT(outline(world.history("one")), HasSubstr("ActivityTaskCancelRequested"));
  const auto wish = call->heartbeat({});
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->kind, kind::canceled);
  // It was not stopped: what it does about it is its own affair.
  world.settle();
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(outline(world.history("one")), Not(HasSubstr("ActivityTaskCanceled")));
}

TEST_F(ActivityAttempts, AFunctionKnowsWhatItIs) {
  begin({{"activity.id", "the-one"}, {"activity.start_to_close_timeout", "30s"}});
  const Object info = world.functions.last_activity()->info();
  EXPECT_EQ(*info.find("workflow_id"), Value("one"));
  EXPECT_EQ(*info.find("workflow_type"), Value("app:wf"));
  EXPECT_EQ(*info.find("activity_id"), Value("the-one"));
  EXPECT_EQ(*info.find("activity_type"), Value("app:f"));
  EXPECT_EQ(*info.find("attempt"), Value(1));
  EXPECT_DOUBLE_EQ(info.find("deadline")->number() - info.find("started_at")->number(), 30);
}

}  // namespace
}  // namespace trivium::units::workflows::testing
