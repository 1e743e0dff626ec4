// Deployments under open runs: which code they go on with, and that none is lost.
#include "units/workflows/code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "units/workflows/store/scripts.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* old_code =
    "return function() call('app:f') listen('go'):receive() call('app:f') return 'old' end";
// Fits the history of the old code while that waits.
constexpr const char* fitting_code =
    "return function() call('app:f') listen('go'):receive() call('app:g') return 'new' end";
constexpr const char* other_code =
    "return function() call('app:g') listen('go'):receive() return 'other' end";

class Deployments : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* id : {"app:f", "app:g"}) {
      world.functions.add(id, [this, id = std::string(id)](const Array&) {
        calls.push_back(id);
        return lua::Reply::of(1);
      });
    }
    world.programs.add("app:wf", old_code);
    world.start("app:wf", {}, Object{{"workflow.id", "one"}});
  }
  void deploy(const char* code) {
    world.programs.add("app:wf", code);
    world.restart();
    world.settle();
  }
  RunRow run() { return world.describe("one").run; }
  std::string end() {
    world.signal("one", "go");
    return shown(world.wait("one"));
  }
  // The mode is read from the newest entry.
  void set(CodePolicy policy) { world.programs.set_policy("app:wf", policy); }
  static std::string hash_of(const char* code) { return std::string("code of ") + code; }

  // As the command line asks for it.
  Result<> change(const char* code, int64_t next_event_id = 0) { return change(world, code, next_event_id); }
  static Result<> change(World& world, const char* code, int64_t next_event_id = 0) {
    const RunRow row = world.describe("one").run;
    const auto newest = std::make_shared<const std::string>(std::string("app:wf\n") + code);
    const CodeChange wanted{"one",
                            row.run_id,
                            next_event_id != 0 ? next_event_id : row.next_event_id,
                            {hash_of(code), "app:wf", newest}};
    Result<> outcome = fail(kind::internal, "no answer");
    world.queue().submit(
        {[wanted](Tables& tables) -> Result<> {
           ScriptContext context;
           const OperationRow asked{0, EventType::execution_options_updated, "one", attributes_of(wanted)};
           const Result<Object> done = apply_operation(tables, asked, context);
           if (!done) return fail(done.error());
           return {};
         },
         [&](Result<> done) { outcome = std::move(done); }});
    world.settle();
    return outcome;
  }

  World world;
  std::vector<std::string> calls;
};

TEST_F(Deployments, NewCodeThatFitsTakesOver) {
  EXPECT_EQ(run().code_hash, hash_of(old_code));
  deploy(fitting_code);
  EXPECT_EQ(run().code_hash, hash_of(old_code));  // nothing happened to it yet
  EXPECT_EQ(end(), "\"new\"");
  EXPECT_EQ(run().code_hash, hash_of(fitting_code));
  EXPECT_EQ(run().stays_reason, "");
  EXPECT_EQ(calls, (std::vector<std::string>{"app:f", "app:g"}));
}

TEST_F(Deployments, CodeThatDoesNotFitLeavesTheRunOnItsOwn) {
  deploy(other_code);
  world.signal("one", "nobody listens");
  EXPECT_THAT(run().stays_reason, HasSubstr("it asks for activity app:g"));
  EXPECT_EQ(run().refused_hash, hash_of(other_code));
  EXPECT_EQ(run().parked, "");
  world.restart();
  EXPECT_EQ(end(), "\"old\"");
  EXPECT_EQ(run().code_hash, hash_of(old_code));
}

TEST_F(Deployments, CodeThatAsksForMoreThanTheHistoryHasDoesNotFit) {
  deploy("return function() call('app:f') sleep(1000) listen('go'):receive() return 'slow' end");
  EXPECT_EQ(end(), "\"old\"");
}

TEST_F(Deployments, CodeThatWouldHaveEndedDoesNotFit) {
  deploy("return function() call('app:f') return 'short' end");
  EXPECT_EQ(end(), "\"old\"");
}

TEST_F(Deployments, EachNewerCodeGetsItsChance) {
  deploy(other_code);
  world.signal("one", "x");
  ASSERT_EQ(run().refused_hash, hash_of(other_code));
  deploy(fitting_code);
  EXPECT_EQ(end(), "\"new\"");
  EXPECT_EQ(run().stays_reason, "");
}

TEST_F(Deployments, TheMarkGoesWhenTheOldCodeIsBack) {
  deploy(other_code);
  world.signal("one", "x");
  ASSERT_NE(run().stays_reason, "");
  deploy(old_code);
  world.signal("one", "x");
  EXPECT_EQ(run().stays_reason, "");
  EXPECT_EQ(run().refused_hash, "");
}

TEST_F(Deployments, WhatWasRefusedIsNotTriedAgain) {
  // It would fit, but the run is said to have found otherwise.
  const RunRow row = run();
  world.queue().submit({[row](Tables& tables) -> Result<> {
                          note_stay(tables, row.run_id, row.fence, row.code_hash, hash_of(fitting_code),
                                    "so");
                          return {};
                        },
                        [](const Result<>&) {}});
  world.settle();
  deploy(fitting_code);
  EXPECT_EQ(end(), "\"old\"");
}

TEST_F(Deployments, PinnedRunsStayOnTheirCode) {
  deploy(fitting_code);
  set(CodePolicy::pinned);
  world.restart();
  EXPECT_EQ(end(), "\"old\"");
  EXPECT_EQ(run().stays_reason, "its entry says code: pinned");
}

TEST_F(Deployments, LatestNeverLooksBack) {
  set(CodePolicy::latest);
  deploy(other_code);
  world.signal("one", "go");
  EXPECT_THAT(run().parked, HasSubstr("it asks for activity app:g"));
  EXPECT_EQ(run().stays_reason, "");
  deploy(fitting_code);
  EXPECT_EQ(shown(world.wait("one")), "\"new\"");
}

TEST_F(Deployments, ARunThatHasNotBegunTakesTheNewest) {
  world.start("app:wf", {}, Object{{"workflow.id", "later"}, {"workflow.start_delay", "1h"}});
  set(CodePolicy::pinned);
  deploy(other_code);
  world.run_for(std::chrono::hours(2));
  world.signal("later", "go");
  EXPECT_EQ(shown(world.wait("later")), "\"other\"");
}

TEST_F(Deployments, WithoutItsEntryTheStoredCodeGoesOn) {
  world.programs.remove("app:wf");
  world.restart();
  EXPECT_EQ(end(), "\"old\"");
  EXPECT_EQ(run().stays_reason, "the application has no entry for app:wf");
  EXPECT_EQ(calls.size(), 2U);
}

TEST_F(Deployments, RecordedCodeThatIsMissingParks) {
  deploy(other_code);
  world.queue().submit({[](Tables& tables) -> Result<> {
                          tables.delete_source(hash_of(old_code));
                          return {};
                        },
                        [](const Result<>&) {}});
  world.settle();
  world.signal("one", "go");
  EXPECT_THAT(run().parked, HasSubstr("the store does not have the code it is on: code of retu"));
  EXPECT_THAT(run().parked, HasSubstr("it asks for activity app:g"));
  world.programs.remove("app:wf");
  world.restart();
  world.settle();
  EXPECT_EQ(run().parked, "unable to find workflow type: app:wf. Supported types: []");
  deploy(old_code);
  EXPECT_EQ(shown(world.wait("one")), "\"old\"");
}

TEST_F(Deployments, QueriesAskTheCodeTheRunIsOn) {
  deploy(other_code);
  std::optional<lua::Reply> answer;
  world.service().query("one", {"pid", {}}, [&](lua::Reply reply) { answer = std::move(reply); });
  world.settle();
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->error) << answer->error->message;
}

// --- the next runs of a chain -------------------------------------------------------------------------

TEST_F(Deployments, TheNextRunOfAChainTakesTheNewest) {
  world.programs.add("app:loop", "return function(n) listen('go'):receive() upgrade('', 'old') end");
  world.programs.set_policy("app:loop", CodePolicy::pinned);
  world.start("app:loop", {"first"}, Object{{"workflow.id", "loop"}});
  world.programs.add("app:loop", "return function(n) return {'new', n} end");
  world.restart();
  world.signal("loop", "go");
  EXPECT_EQ(shown(world.wait("loop")), R"(["new","old"])");
}

TEST_F(Deployments, ARetriedRunTakesTheNewest) {
  world.programs.add("app:fails", "return function() listen('go'):receive() error('old') end");
  world.programs.set_policy("app:fails", CodePolicy::pinned);
  world.start("app:fails", {},
              Object{{"workflow.id", "fails"},
                     {"workflow.retry_policy", Object{{"initial_interval", "1m"}, {"maximum_attempts", 3}}}});
  world.programs.add("app:fails", "return function() return 'new' end");
  world.restart();
  world.signal("fails", "go");
  EXPECT_EQ(shown(world.wait("fails")), "\"new\"");
}

TEST_F(Deployments, ARunOfAScheduleTakesTheNewest) {
  world.programs.add("app:tick", "return function() call('app:f') end");
  world.programs.set_policy("app:tick", CodePolicy::pinned);
  world.start("app:tick", {}, Object{{"workflow.id", "tick"}, {"workflow.cron_schedule", "@every 1h"}});
  world.run_for(std::chrono::minutes(90));
  world.programs.add("app:tick", "return function() call('app:g') end");
  world.restart();
  calls.clear();
  world.run_for(std::chrono::hours(1));
  EXPECT_EQ(calls, std::vector<std::string>{"app:g"});
}

// --- on demand ----------------------------------------------------------------------------------------

TEST_F(Deployments, APinnedRunGoesOverWhenItIsTold) {
  set(CodePolicy::pinned);
  deploy(fitting_code);
  world.signal("one", "x");
  ASSERT_NE(run().stays_reason, "");
  ASSERT_TRUE(change(fitting_code));
  EXPECT_EQ(run().code_hash, hash_of(fitting_code));
  EXPECT_EQ(run().stays_reason, "");
  // The instance in memory has the old code; what it would commit is refused.
  EXPECT_EQ(end(), "\"new\"");
}

TEST_F(Deployments, ARunGoesOnWhereItWasMovedThoughTheApplicationHasOtherCode) {
  for (const CodePolicy policy : {CodePolicy::automatic, CodePolicy::latest}) {
    World world;
    const auto run = [&] { return world.describe("one").run; };
    for (const char* id : {"app:f", "app:g"}) {
      world.functions.add(id, [](const Array&) { return lua::Reply::of(1); });
    }
    world.programs.add("app:wf", old_code);
    world.programs.set_policy("app:wf", policy);
    world.start("app:wf", {}, Object{{"workflow.id", "one"}});
    ASSERT_TRUE(change(world, fitting_code));
    world.signal("one", "x");
    EXPECT_EQ(run().code_hash, hash_of(fitting_code));
    EXPECT_THAT(run().stays_reason, HasSubstr("it was moved to this code"));
    world.restart();
    world.signal("one", "x");
    EXPECT_EQ(run().code_hash, hash_of(fitting_code));
    // Until something newer comes.
    const std::string newer = std::string(fitting_code) + " -- newer";
    world.programs.add("app:wf", newer);
    world.restart();
    world.signal("one", "x");
    EXPECT_EQ(run().code_hash, hash_of(newer.c_str()));
    EXPECT_EQ(run().stays_reason, "");
    world.signal("one", "go");
    EXPECT_EQ(shown(world.wait("one")), "\"new\"");
  }
}

TEST_F(Deployments, TheNextRunsOfAChainHaveItsCodeWhenTheEntryIsGone) {
  world.programs.add(
      "app:chain", "return function(n) sleep(1000000000) if n < 3 then upgrade('', n + 1) end return n end");
  world.start("app:chain", {1}, Object{{"workflow.id", "chain"}});
  world.programs.remove("app:chain");
  world.restart();
  EXPECT_EQ(shown(world.wait("chain")), "3");
}

TEST_F(Deployments, NewCodeThatFailsSaysHow) {
  deploy("return function() error('no such luck') end");
  world.signal("one", "x");
  EXPECT_THAT(run().stays_reason, HasSubstr("no such luck"));
}

TEST_F(Deployments, ARunThatWentOnSinceTheDryRunDoesNotGoOver) {
  set(CodePolicy::pinned);
  deploy(fitting_code);
  const int64_t seen = run().next_event_id;
  world.signal("one", "x");
  const Result<> refused = change(fitting_code, seen);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, kind::conflict);
  EXPECT_EQ(end(), "\"old\"");
  EXPECT_EQ(change(fitting_code).error().kind, kind::not_found);
}

TEST(CodeCache, ForgetsWhatWasUsedLongestAgo) {
  CodeCache cache;
  const auto add = [&](const std::string& hash) {
    auto code = std::make_shared<WorkflowCode>();
    code->hash = hash;
    cache.add(std::move(code));
  };
  add("first");
  for (int i = 0; i < 63; ++i) add(std::to_string(i));
  EXPECT_TRUE(cache.find("first"));
  add("one more");
  EXPECT_TRUE(cache.find("first"));
  EXPECT_FALSE(cache.find("0"));
}

}  // namespace
}  // namespace trivium::units::workflows::testing
