// What can go wrong goes wrong, in an order drawn from a seed: the runtime dies before and after
// transactions, the disk is full, answers of the store get lost, the wall clock is set, everybody is told to
// try again for no reason. The promises hold: no completed activity runs again, nothing acknowledged is lost,
// no timer fires early, every run ends once, and its code makes the same commands again.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {
namespace {

class Simulation {
 public:
  // `deployments`: each life may begin with code that does not fit the histories of the one before.
  // `local`: the activities are local ones.
  explicit Simulation(uint64_t seed, bool deployments = false, bool local = false)
      : world_(seed, [&](ServiceOptions& options) { restless(seed, options); }), deployments_(deployments) {
    world_.functions.add("app:step", [this](const Array& arguments) {
      // What commits afterwards counts as completed; see check().
      ++executions_[arguments[0].as_string()];
      if (arguments.size() > 1 && executions_[arguments[0].as_string()] == 1) {
        return lua::Reply::failure(Error::unspecified(kind::internal, "first attempt fails"));
      }
      return lua::Reply::of(arguments[0]);
    });
    world_.programs.add("app:child",
                        "return function(name) call('app:step', name .. '/c1') sleep(1000000000) "
                        "return call('app:step', name .. '/c2') end");
    world_.functions.set_options("app:step", {{"activity.local", local}});
    deploy(0);
  }

  void run() {
    for (int i = 0; i < 3; ++i) start("wf" + std::to_string(i));
    int signals[3] = {0, 0, 0};
    for (int life = 0; life < 40; ++life) {
      world_.queue().crash_at(static_cast<int>(1 + world_.chance() % 6),
                              world_.chance() % 2 == 0 ? TestQueue::Crash::before : TestQueue::Crash::after);
      for (int i = 0; i < 3; ++i) {
        if (signals[i] < 3) send("wf" + std::to_string(i), ++signals[i]);
      }
      if (world_.chance() % 4 == 0) world_.queue().refuse(static_cast<int>(world_.chance() % 5));
      if (world_.chance() % 4 == 0) world_.queue().lose_answers(static_cast<int>(world_.chance() % 3));
      if (world_.chance() % 4 == 0) {
        world_.timers().step_wall(std::chrono::seconds(static_cast<int>(world_.chance() % 240) - 120));
      }
      world_.run_for(std::chrono::seconds(15));
      if (world_.chance() % 4 == 0) world_.service().retry_parked();
      world_.run_for(std::chrono::seconds(15));
      if (deployments_ && world_.chance() % 3 == 0) deploy(world_.chance() % 4);
      world_.restart();
    }
    resend();
    world_.run_for(std::chrono::hours(2));
    check();
  }

 private:
  // With two seeds of three, runs that wait leave the memory sooner or later, and come back; with one of four
  // they take turns with their tasks.
  static void restless(uint64_t seed, ServiceOptions& options) {
    if (seed % 4 == 1) options.most_tasks = 1;
    if (seed % 3 == 0) return;
    options.cached_instances = seed / 3 % 3;
    options.stays_awake = std::chrono::seconds(seed / 9 % 2 == 0 ? 0 : 5);
    options.due_window = 1 + seed / 18 % 3;
    options.wakes_at_once = 1 + seed / 54 % 2;
  }

  // The first two steps in either order, the name before or behind them: no two of the four fit the same
  // history.
  void deploy(uint64_t variant) {
    const std::string tag = "local tag = unique() ";
    const std::string first = "call('app:step', name .. '/1') ";
    const std::string second = "call('app:step', name .. '/2', 'retry') ";
    const std::string steps = variant % 2 == 0 ? first + second : second + first;
    world_.programs.add("app:parent", R"lua(
      return function(name)
        local messages = listen('add')
        local total = 0 )lua" + (variant < 2 ? steps + tag : tag + steps) +
                                          R"lua(
        local a, b = async('app:step', name .. '/3'), async('app:step', name .. '/4')
        a:receive()
        b:receive()
        local child = exec('app:child', name)
        while total < 6 do total = total + messages:receive() end
        sleep(60000000000)
        send('{app:host|0x00001}', 'done', name)
        if tag ~= nil and child == name .. '/c2' then return {name, total} end
        return nil, 'inconsistent'
      end)lua");
  }

  // Until it is acknowledged, like somebody who means it; the id makes it safe.
  void start(const std::string& id) {
    for (int i = 0; i < 20; ++i) {
      StartRequest request;
      request.id = "app:parent";
      request.arguments = encode_values({Value(id)});
      request.name = id;
      bool acknowledged = false;
      world_.service().start(std::move(request), [&](const Result<StartedWorkflow>& started) {
        acknowledged = started.has_value();
      });
      if (world_.chance() % 2 == 0) world_.queue().crash_at(1, TestQueue::Crash::after);
      world_.run_until([&] { return acknowledged; }, Duration(0));
      if (acknowledged) return;
      world_.restart();
    }
    FAIL() << "could not start " << id;
  }

  void send(const std::string& id, int value) {
    const std::string request_id = id + "#" + std::to_string(value);
    world_.service().signal(
        id, {"add", "", encode_values({Value(value)})},
        [this, request_id](const Result<>& done) { acknowledged_[request_id] = done.has_value(); },
        request_id);
    acknowledged_.emplace(request_id, false);
    values_[request_id] = {id, value};
  }

  void resend() {
    for (const auto& [request_id, done] : acknowledged_) {
      if (!done) {
        const auto& [id, value] = values_[request_id];
        world_.service().signal(
            id, {"add", "", encode_values({Value(value)})}, [](const Result<>&) {}, request_id);
      }
    }
    world_.settle();
  }

  void check() {
    for (int i = 0; i < 3; ++i) {
      const std::string id = "wf" + std::to_string(i);
      const RunDescription description = world_.describe(id);
      ASSERT_EQ(description.run.status, RunStatus::completed)
          << outline(world_.history(id)) << description.run.parked;
      EXPECT_EQ(shown(world_.wait(id)), "[\"" + id + "\",6]");
      check_history(world_.history(id));
    }
    EXPECT_EQ(open_runs(), 0U);
    std::vector<RunRow> runs;
    world_.service().list(std::nullopt, 100,
                          [&](Result<std::vector<RunRow>> rows) { runs = std::move(*rows); });
    world_.settle();
    EXPECT_EQ(runs.size(), 6U);
    for (const RunRow& run : runs) {
      const std::vector<Event> history = world_.history(run.workflow_id, run.run_id);
      for (int twice = 0; twice < 2; ++twice) {
        const auto code = world_.programs.by_hash(run.code_hash);
        EXPECT_EQ(world_.replay(history, run.workflow_id, run.run_id, code), "") << outline(history);
      }
    }
  }

  size_t open_runs() {
    size_t count = 99;
    world_.service().list(RunStatus::running, 100,
                          [&](Result<std::vector<RunRow>> rows) { count = rows->size(); });
    world_.settle();
    return count;
  }

  static void check_history(const std::vector<Event>& history) {
    std::map<int64_t, int> ended;    // activities, by the event that scheduled them
    std::map<int64_t, int64_t> due;  // timers, by the event that started them
    int signals = 0;
    int ends = 0;
    for (size_t i = 0; i < history.size(); ++i) {
      const Event& event = history[i];
      EXPECT_EQ(event.id, static_cast<int64_t>(i) + 1);
      if (event.type == EventType::activity_completed)
        ++ended[integer_at(event.attributes, "scheduled_event_id")];
      if (event.type == EventType::timer_started) {
        due[event.id] = event.time_ns + integer_at(event.attributes, "start_to_fire_timeout");
      }
      if (event.type == EventType::timer_fired) {
        EXPECT_GE(event.time_ns, due.at(integer_at(event.attributes, "started_event_id")));
      }
      if (event.type == EventType::execution_signaled) ++signals;
      if (is_close_event(event.type)) ++ends;
    }
    EXPECT_EQ(ended.size(), 4U);
    for (const auto& [activity, times] : ended) EXPECT_EQ(times, 1) << activity;
    EXPECT_EQ(signals, 3);
    EXPECT_EQ(ends, 1);
  }

  World world_;
  const bool deployments_;
  std::map<std::string, int> executions_;
  std::map<std::string, bool> acknowledged_;
  std::map<std::string, std::pair<std::string, int>> values_;
};

// TRIVIUM_SIMULATIONS: how many seeds, each of forty lives of the runtime; TRIVIUM_SEED: the first one, to
// repeat a failure.
uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulation, EveryPromiseHoldsThroughCrashes) {
  const uint64_t first = setting("TRIVIUM_SEED", 1);
  for (uint64_t seed = first; seed < first + setting("TRIVIUM_SIMULATIONS", 100); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Simulation, EveryPromiseHoldsWithLocalActivities) {
  const uint64_t first = setting("TRIVIUM_SEED", 1);
  for (uint64_t seed = first; seed < first + setting("TRIVIUM_SIMULATIONS", 40); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, false, true).run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Simulation, EveryPromiseHoldsThroughDeployments) {
  const uint64_t first = setting("TRIVIUM_SEED", 1);
  for (uint64_t seed = first; seed < first + setting("TRIVIUM_SIMULATIONS", 12); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed, true).run();
    if (::testing::Test::HasFailure()) return;
  }
}

// Dies at the first, second, third … transaction of a small run, before and after it.
TEST(Simulation, EveryCrashPointOfASmallRun) {
  for (const TestQueue::Crash how : {TestQueue::Crash::before, TestQueue::Crash::after}) {
    for (int point = 1; point <= 12; ++point) {
      SCOPED_TRACE(point);
      World world(static_cast<uint64_t>(point));
      std::map<std::string, int> completed;
      std::set<std::string> durable;
      world.functions.add("app:step", [&](const Array& arguments) {
        const std::string& name = arguments[0].as_string();
        EXPECT_FALSE(durable.contains(name)) << name << " ran again although its end was durable";
        ++completed[name];
        return lua::Reply::of(arguments[0]);
      });
      world.programs.add(
          "app:wf",
          "return function() for _, n in ipairs({'a', 'b', 'c'}) do call('app:step', n) sleep(1000) end "
          "send('{app:host|0x00001}', 'done') return 'end' end");
      world.queue().crash_at(point, how);
      StartRequest request;
      request.id = "app:wf";
      request.name = "one";
      request.options = Object{{"workflow.id_reuse_policy", "reject_duplicate"}};
      world.service().start(request, [](const Result<StartedWorkflow>&) {});
      world.run_for(std::chrono::seconds(10));
      const bool died = world.crashed();
      world.restart();
      for (const Event& event : world.history("one")) {
        if (event.type != EventType::activity_completed) continue;
        const Value* result = event.attributes.find("result");
        durable.insert(result->as_array()[0].find("data")->as_string().substr(1, 1));
      }
      // As whoever did not hear of the start would do; harmless for whoever did.
      if (died) world.service().start(request, [](const Result<StartedWorkflow>&) {});
      world.run_for(std::chrono::hours(1));
      EXPECT_EQ(shown(world.wait("one")), "\"end\"") << outline(world.history("one"));
    }
  }
}

}  // namespace
}  // namespace trivium::units::workflows::testing
