#include "units/supervision/machine.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>

namespace trivium::units {
namespace {

using Machine = SupervisorMachine;
using State = ChildState;
using namespace std::chrono_literals;

constexpr int64_t second_ns = 1'000'000'000;

Error boom() { return Error::unspecified(kind::unknown, "boom"); }

ChildRules rules(std::string id, RestartRule restart = RestartRule::permanent,
                 std::optional<Duration> grace = 5s) {
  return {std::move(id), restart, grace, false};
}

std::vector<ChildRules> abc(RestartRule restart = RestartRule::permanent) {
  return {rules("a", restart), rules("b", restart), rules("c", restart)};
}

// Carries out what the machine wants, as told, and writes down what that was.
class Driver {
 public:
  explicit Driver(std::vector<ChildRules> children, Strategy strategy = Strategy::one_for_one,
                  Intensity intensity = {3, 5s})
      : machine(strategy, intensity, std::move(children)) {}

  Driver& start() {
    machine.start(now);
    return take();
  }
  Driver& stop() {
    machine.stop(now);
    return take();
  }
  Driver& fail(const std::string& id) {
    machine.child_ended(key_of(id), child(id).run, boom(), now);
    return take();
  }
  Driver& end(const std::string& id) {
    machine.child_ended(key_of(id), child(id).run, std::nullopt, now);
    return take();
  }
  Driver& pass(Duration time) {
    now += time.count();
    machine.advance(now);
    return take();
  }
  Driver& add(const std::string& id, RestartRule restart = RestartRule::permanent) {
    machine.add(++requests, rules(id, restart), now);
    return take();
  }
  Driver& terminate(const std::string& id) {
    machine.terminate(++requests, key_of(id), now);
    return take();
  }
  Driver& restart(const std::string& id) {
    machine.restart(++requests, key_of(id), now);
    return take();
  }

  Machine::Key key_of(const std::string& id) const {
    for (const auto& [key, child] : machine.children()) {
      if (child.rules.id == id) return key;
    }
    ADD_FAILURE() << "no child " << id;
    return 0;
  }
  const Machine::Child& child(const std::string& id) const { return machine.children().at(key_of(id)); }
  State state(const std::string& id) const { return child(id).state; }
  std::string name(Machine::Key key) {
    if (machine.children().contains(key)) names[key] = machine.children().at(key).rules.id;
    return names[key];
  }

  // What was done since the last call.
  std::string log() { return std::exchange(log_, {}); }

  // Children that start only when told, that do not start, and that end when told.
  std::set<std::string> slow;
  std::set<std::string> broken;
  std::set<std::string> stubborn;
  int64_t now = 0;
  Machine machine;

 private:
  void note(const std::string& what) { log_ += (log_.empty() ? "" : " ") + what; }

  Driver& take() {
    for (auto actions = machine.take_actions(); !actions.empty(); actions = machine.take_actions()) {
      for (Machine::Action& action : actions) std::visit([this](auto& what) { perform(what); }, action);
    }
    return *this;
  }

  void perform(Machine::Start& start) {
    const std::string id = name(start.key);
    note("+" + id);
    if (broken.contains(id)) {
      machine.child_not_started(start.key, start.run, boom(), now);
    } else if (!slow.contains(id)) {
      machine.child_started(start.key, start.run, now);
    }
  }
  void perform(Machine::Stop& stop) {
    note("-" + name(stop.key));
    if (!stubborn.contains(name(stop.key))) gone(stop.key);
  }
  void perform(Machine::Kill& kill) {
    note("!" + name(kill.key));
    gone(kill.key);
  }
  void gone(Machine::Key key) { machine.child_ended(key, machine.children().at(key).run, boom(), now); }
  void perform(Machine::Forget& forget) { note("forget:" + names[forget.key]); }
  void perform(Machine::Restarting&) {}
  void perform(Machine::Lost& lost) { note("lost:" + name(lost.key)); }
  void perform(Machine::Answer& answer) {
    note(answer.result ? "done" : "refused:" + answer.result.error().message);
  }
  void perform(Machine::Started&) { note("STARTED"); }
  void perform(Machine::StartFailed& failed) { note("START-FAILED:" + failed.error.message); }
  void perform(Machine::Failed& failed) { note("FAILED:" + failed.error.message); }
  void perform(Machine::Stopped&) { note("STOPPED"); }

  std::map<Machine::Key, std::string> names;
  Machine::Request requests = 0;
  std::string log_;
};

// --- start and stop ---------------------------------------------------------------------------------------

TEST(SupervisorMachine, StartsInOrderAndStopsInReverse) {
  Driver driver(abc());
  EXPECT_EQ(driver.start().log(), "+a +b +c STARTED");
  EXPECT_EQ(driver.machine.phase(), Machine::Phase::running);
  EXPECT_EQ(driver.stop().log(), "-c -b -a STOPPED");
  EXPECT_EQ(driver.machine.phase(), Machine::Phase::ended);
  EXPECT_EQ(driver.stop().log(), "");
}

TEST(SupervisorMachine, EachChildWaitsForTheOneBefore) {
  Driver driver(abc());
  driver.slow = {"b"};
  EXPECT_EQ(driver.start().log(), "+a +b");
  driver.slow.clear();
  driver.machine.child_started(driver.key_of("b"), 1, 0);
  EXPECT_EQ(driver.pass(0s).log(), "+c STARTED");
}

TEST(SupervisorMachine, WithoutChildrenItRunsAndStops) {
  Driver driver({});
  EXPECT_EQ(driver.start().log(), "STARTED");
  EXPECT_EQ(driver.stop().log(), "STOPPED");
}

TEST(SupervisorMachine, StoppedBeforeItWasStarted) { EXPECT_EQ(Driver(abc()).stop().log(), "STOPPED"); }

TEST(SupervisorMachine, AChildThatDoesNotStartTakesTheOthersDown) {
  Driver driver(abc());
  driver.broken = {"c"};
  EXPECT_EQ(driver.start().log(), "+a +b +c -b -a START-FAILED:boom");
}

TEST(SupervisorMachine, StopsWhileAChildStarts) {
  Driver driver(abc());
  driver.slow = {"b"};
  driver.start().log();
  EXPECT_EQ(driver.stop().log(), "-b -a STOPPED");
}

TEST(SupervisorMachine, AChildThatFailsToStartDuringTheStopChangesNothing) {
  Driver driver(abc());
  driver.slow = {"b"};
  driver.stubborn = {"b"};
  driver.start().log();
  EXPECT_EQ(driver.stop().log(), "-b");
  driver.machine.child_not_started(driver.key_of("b"), 1, boom(), 0);
  EXPECT_EQ(driver.pass(0s).log(), "-a STOPPED");
}

TEST(SupervisorMachine, AChildThatFailsToStartBeforeItsTurnToStop) {
  Driver driver(abc(), Strategy::one_for_one);
  driver.start().log();
  driver.slow = {"a"};
  driver.stubborn = {"c"};
  EXPECT_EQ(driver.fail("a").log(), "+a");
  EXPECT_EQ(driver.stop().log(), "-c");
  driver.machine.child_not_started(driver.key_of("a"), 2, boom(), 0);
  driver.machine.child_ended(driver.key_of("c"), 1, std::nullopt, 0);
  EXPECT_EQ(driver.pass(0s).log(), "-b STOPPED");
}

TEST(SupervisorMachine, GraceThenKill) {
  Driver driver({rules("a", RestartRule::permanent, 2s), rules("b", RestartRule::permanent, 3s)});
  driver.stubborn = {"a", "b"};
  driver.start().log();
  EXPECT_EQ(driver.stop().log(), "-b");
  EXPECT_EQ(driver.machine.deadline_ns(), 3 * second_ns);
  EXPECT_EQ(driver.pass(2999ms).log(), "");
  EXPECT_EQ(driver.pass(1ms).log(), "!b -a");
  EXPECT_EQ(driver.machine.deadline_ns(), 5 * second_ns);
  EXPECT_EQ(driver.pass(2s).log(), "!a STOPPED");
  EXPECT_EQ(driver.machine.deadline_ns(), std::nullopt);
}

TEST(SupervisorMachine, NoGraceKillsAndNoLimitWaits) {
  Driver driver({rules("a", RestartRule::permanent, std::nullopt), rules("b", RestartRule::permanent, 0s)});
  driver.stubborn = {"a", "b"};
  driver.start().log();
  EXPECT_EQ(driver.stop().log(), "!b -a");
  EXPECT_EQ(driver.machine.deadline_ns(), std::nullopt);
  EXPECT_EQ(driver.pass(1h).log(), "");
  EXPECT_EQ(driver.end("a").log(), "STOPPED");
}

TEST(SupervisorMachine, KillGivesNobodyTime) {
  Driver driver(abc());
  driver.stubborn = {"a", "b", "c"};
  driver.start().log();
  driver.machine.kill(0);
  driver.pass(0s);
  EXPECT_EQ(driver.machine.phase(), Machine::Phase::ended);
  EXPECT_NE(driver.log().find("STOPPED"), std::string::npos);
}

// --- who is started again ----------------------------------------------------------------------------------

TEST(SupervisorMachine, OneForOne) {
  Driver driver(abc());
  driver.start().log();
  EXPECT_EQ(driver.fail("b").log(), "+b");
  EXPECT_EQ(driver.child("b").restarts, 1);
  EXPECT_EQ(driver.child("a").restarts, 0);
}

TEST(SupervisorMachine, OneForAll) {
  Driver driver(abc(), Strategy::one_for_all);
  driver.start().log();
  EXPECT_EQ(driver.fail("b").log(), "-c -a +a +b +c");
}

TEST(SupervisorMachine, RestForOne) {
  Driver driver(abc(), Strategy::rest_for_one);
  driver.start().log();
  EXPECT_EQ(driver.fail("b").log(), "-c +b +c");
  EXPECT_EQ(driver.fail("a").log(), "-c -b +a +b +c");
  EXPECT_EQ(driver.fail("c").log(), "+c");
}

TEST(SupervisorMachine, PermanentChildrenAreStartedAgainWhateverTheEnd) {
  Driver driver(abc(RestartRule::permanent));
  driver.start().log();
  EXPECT_EQ(driver.end("a").log(), "+a");
  EXPECT_EQ(driver.fail("a").log(), "+a");
}

TEST(SupervisorMachine, TransientChildrenAreStartedAgainAfterAFailure) {
  Driver driver(abc(RestartRule::transient));
  driver.start().log();
  EXPECT_EQ(driver.fail("a").log(), "+a");
  EXPECT_EQ(driver.end("a").log(), "");
  EXPECT_EQ(driver.state("a"), State::exited);
}

TEST(SupervisorMachine, ACancellationIsNoFailure) {
  Driver driver(abc(RestartRule::transient));
  driver.start().log();
  driver.machine.child_ended(1, 1, Error::of(kind::canceled, "context canceled"), 0);
  EXPECT_EQ(driver.pass(0s).log(), "");
  EXPECT_EQ(driver.state("a"), State::exited);
}

TEST(SupervisorMachine, TemporaryChildrenAreNot) {
  Driver driver(abc(RestartRule::temporary), Strategy::one_for_all);
  driver.start().log();
  EXPECT_EQ(driver.fail("a").log(), "lost:a");
  EXPECT_EQ(driver.end("b").log(), "");
  EXPECT_EQ(driver.state("a"), State::failed);
  EXPECT_EQ(driver.state("b"), State::exited);
  EXPECT_EQ(driver.state("c"), State::running);
}

TEST(SupervisorMachine, ATemporarySiblingIsStoppedWithTheOthersAndStaysDown) {
  Driver driver({rules("a"), rules("b", RestartRule::temporary), rules("c")}, Strategy::one_for_all);
  driver.start().log();
  EXPECT_EQ(driver.fail("a").log(), "-c -b +a +c");
  EXPECT_EQ(driver.state("b"), State::stopped);
}

TEST(SupervisorMachine, TwoFailuresAtOnceAreOneRestartOfAll) {
  Driver driver(abc(), Strategy::one_for_all);
  driver.start().log();
  driver.stubborn = {"c"};
  EXPECT_EQ(driver.fail("a").log(), "-c");
  EXPECT_EQ(driver.fail("b").log(), "");  // while c takes its time
  driver.machine.child_ended(3, 1, std::nullopt, 0);
  EXPECT_EQ(driver.pass(0s).log(), "+a +b +c");
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(driver.child(id).run, 2U) << id;
}

TEST(SupervisorMachine, AFailureDuringAnotherRestartWaitsForIt) {
  Driver driver(abc());
  driver.start().log();
  driver.slow = {"a"};
  EXPECT_EQ(driver.fail("a").log(), "+a");
  EXPECT_EQ(driver.fail("c").log(), "");
  driver.machine.child_started(1, 2, 0);
  EXPECT_EQ(driver.pass(0s).log(), "+c");
}

TEST(SupervisorMachine, AChildThatEndsBeforeTheLastHasStarted) {
  Driver driver(abc());
  driver.slow = {"c"};
  driver.start().log();
  EXPECT_EQ(driver.fail("a").log(), "");
  driver.machine.child_started(3, 1, 0);
  EXPECT_EQ(driver.pass(0s).log(), "STARTED +a");
}

TEST(SupervisorMachine, NewsOfAnEarlierRunAreIgnored) {
  Driver driver(abc());
  driver.start();
  driver.fail("a").log();
  driver.machine.child_ended(1, 1, boom(), 0);
  driver.machine.child_started(1, 1, 0);
  driver.machine.child_not_started(1, 1, boom(), 0);
  driver.machine.child_ended(99, 1, boom(), 0);
  EXPECT_EQ(driver.pass(0s).log(), "");
  EXPECT_EQ(driver.state("a"), State::running);
}

// --- intensity
// ----------------------------------------------------------------------------------------------

TEST(SupervisorMachine, OneRestartTooMany) {
  Driver driver(abc(), Strategy::one_for_one, {2, 5s});
  driver.start().log();
  driver.fail("a").fail("b").log();
  EXPECT_EQ(driver.fail("a").log(), "-c -b FAILED:more than 2 restarts in 5s, the last of child a: boom");
  EXPECT_EQ(driver.machine.phase(), Machine::Phase::ended);
}

TEST(SupervisorMachine, RestartsAreForgottenAfterThePeriod) {
  Driver driver(abc(), Strategy::one_for_one, {2, 5s});
  driver.start();
  for (int i = 0; i < 20; ++i) {
    driver.pass(2600ms).log();
    EXPECT_EQ(driver.fail("a").log(), "+a");
  }
  EXPECT_EQ(driver.fail("a").log().substr(0, 8), "-c -b FA");
}

TEST(SupervisorMachine, NoRestartAllowed) {
  Driver driver(abc(), Strategy::one_for_one, {0, 5s});
  driver.start().log();
  EXPECT_EQ(driver.fail("c").log(), "-b -a FAILED:more than 0 restarts in 5s, the last of child c: boom");
}

TEST(SupervisorMachine, ARestartThatFailsCountsAndIsTriedAgain) {
  Driver driver(abc(), Strategy::rest_for_one, {2, 5s});
  driver.start().log();
  driver.broken = {"b"};
  EXPECT_EQ(driver.fail("a").log(),
            "-c -b +a +b +b -a FAILED:more than 2 restarts in 5s, the last of child b: boom");
}

TEST(SupervisorMachine, StoppedWhileGoingDownByItself) {
  Driver driver(abc(), Strategy::one_for_one, {0, 5s});
  driver.start().log();
  driver.stubborn = {"b"};
  EXPECT_EQ(driver.fail("c").log(), "-b");
  EXPECT_EQ(driver.stop().log(), "");
  EXPECT_EQ(driver.pass(5s).log(),
            "!b -a FAILED:more than 0 restarts in 5s, the last of child c: boom STOPPED");
}

// --- requests
// -----------------------------------------------------------------------------------------------

TEST(SupervisorMachine, AddsChildrenOnRequest) {
  Driver driver({});
  driver.start().log();
  EXPECT_EQ(driver.add("x").log(), "+x done");
  EXPECT_EQ(driver.state("x"), State::running);
  EXPECT_EQ(driver.machine.dynamic_children(), 1U);
  EXPECT_EQ(driver.fail("x").log(), "+x");
}

TEST(SupervisorMachine, ForgetsAddedChildrenThatAreGoneForGood) {
  Driver driver({});
  driver.start();
  driver.add("x", RestartRule::temporary).add("y", RestartRule::transient).log();
  EXPECT_EQ(driver.fail("x").log(), "lost:x forget:x");
  EXPECT_EQ(driver.end("y").log(), "forget:y");
  EXPECT_EQ(driver.machine.dynamic_children(), 0U);
  EXPECT_TRUE(driver.machine.children().empty());
}

TEST(SupervisorMachine, AnAddedChildThatDoesNotStart) {
  Driver driver({});
  driver.start().log();
  driver.broken = {"x"};
  EXPECT_EQ(driver.add("x").log(), "+x forget:x refused:boom");
  EXPECT_EQ(driver.machine.dynamic_children(), 0U);
}

TEST(SupervisorMachine, TerminatesAndRestartsOnRequest) {
  Driver driver(abc());
  driver.start().log();
  EXPECT_EQ(driver.terminate("b").log(), "-b done");
  EXPECT_EQ(driver.state("b"), State::stopped);
  EXPECT_EQ(driver.terminate("b").log(), "done");
  EXPECT_EQ(driver.restart("b").log(), "+b done");
  EXPECT_EQ(driver.restart("b").log(), "refused:child b is running");
}

TEST(SupervisorMachine, ATerminatedChildIsNotStartedAgain) {
  Driver driver(abc());
  driver.start().log();
  driver.slow = {"a"};
  driver.fail("a").log();
  EXPECT_EQ(driver.terminate("b").log(), "");  // a is starting
  EXPECT_EQ(driver.end("b").log(), "");        // by itself, meanwhile
  driver.machine.child_started(1, 2, 0);
  EXPECT_EQ(driver.pass(0s).log(), "done");
  EXPECT_EQ(driver.state("b"), State::stopped);
}

TEST(SupervisorMachine, AddedChildrenEndSideBySide) {
  Driver driver({rules("a")});
  driver.start();
  driver.add("x").add("y").log();
  driver.stubborn = {"x", "y"};
  EXPECT_EQ(driver.stop().log(), "-y -x");
  EXPECT_EQ(driver.pass(5s).log(), "!x !y -a STOPPED");
}

TEST(SupervisorMachine, RequestsAreRefusedOnceItStops) {
  Driver driver(abc());
  driver.start().log();
  driver.stubborn = {"c"};
  driver.terminate("c").log();
  driver.add("x");
  EXPECT_EQ(driver.log(), "");
  EXPECT_EQ(driver.stop().log(), "refused:supervisor is stopping refused:supervisor is stopping");
  EXPECT_EQ(driver.restart("a").log(), "refused:supervisor is stopping");
  EXPECT_EQ(driver.pass(5s).log(), "!c -b -a STOPPED");
}

// --- every order
// ---------------------------------------------------------------------------------------------

// Whatever happens in whatever order: no child has two runs at once, nothing starts while something stops,
// every request gets one answer, and after a stop everything is gone.
class Chaos {
 public:
  explicit Chaos(uint64_t seed)
      : random_(seed),
        machine_(static_cast<Strategy>(random_() % 3), {static_cast<int64_t>(random_() % 4), 5s},
                 children()) {}

  void run() {
    machine_.start(now_);
    take();
    for (int step = 0; step < 200 && machine_.phase() != Machine::Phase::ended; ++step) {
      if (step == 150) machine_.stop(now_);
      something();
      take();
    }
    machine_.stop(now_);
    take();
    for (int i = 0; i < 1000 && machine_.phase() != Machine::Phase::ended; ++i) {
      let_something_end();
      now_ += second_ns;
      machine_.advance(now_);
      take();
    }
    EXPECT_EQ(machine_.phase(), Machine::Phase::ended);
    EXPECT_TRUE(live_.empty());
    EXPECT_EQ(answers_.size(), requests_);
    EXPECT_EQ(machine_.deadline_ns(), std::nullopt);
  }

 private:
  std::vector<ChildRules> children() {
    std::vector<ChildRules> made;
    for (size_t i = random_() % 5; i > 0; --i) {
      made.push_back(rules(std::to_string(i), static_cast<RestartRule>(random_() % 3),
                           std::array<std::optional<Duration>, 3>{0s, 2s, std::nullopt}[random_() % 3]));
    }
    return made;
  }

  void something() {
    switch (random_() % 8) {
      case 0:
        now_ += static_cast<int64_t>(random_() % 4) * second_ns;
        machine_.advance(now_);
        break;
      case 1:
        ++requests_;
        machine_.add(requests_, rules("r", static_cast<RestartRule>(random_() % 3)), now_);
        break;
      case 2:
        machine_.terminate(++requests_, 1 + random_() % 6, now_);
        break;
      case 3:
        machine_.restart(++requests_, 1 + random_() % 6, now_);
        break;
      case 4:
        if (random_() % 20 == 0) machine_.kill(now_);
        break;
      default:
        let_something_end();
    }
  }

  void let_something_end() {
    if (live_.empty()) return;
    auto at = live_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_() % live_.size()));
    const auto [key, run] = *at;
    const bool starting = starting_.erase(key) > 0;
    if (starting && random_() % 4 != 0) {
      machine_.child_started(key, run, now_);
      return;
    }
    live_.erase(at);
    if (starting) {
      machine_.child_not_started(key, run, boom(), now_);
    } else {
      machine_.child_ended(key, run, random_() % 2 == 0 ? std::optional<Error>(boom()) : std::nullopt, now_);
    }
  }

  void take() {
    for (Machine::Action& action : machine_.take_actions()) {
      if (const auto* start = std::get_if<Machine::Start>(&action)) {
        EXPECT_TRUE(live_.emplace(start->key, start->run).second) << "two runs of one child";
        starting_.insert(start->key);
        for (const auto& [key, child] : machine_.children()) EXPECT_NE(child.state, State::stopping);
      } else if (const auto* answer = std::get_if<Machine::Answer>(&action)) {
        EXPECT_TRUE(answers_.insert(answer->request).second) << "two answers";
      }
    }
  }

  std::mt19937_64 random_;
  int64_t now_ = 0;
  Machine machine_;
  std::map<Machine::Key, uint64_t> live_;
  std::set<Machine::Key> starting_;
  std::set<Machine::Request> answers_;
  Machine::Request requests_ = 0;
};

TEST(SupervisorMachine, AnyOrderOfEvents) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace trivium::units
