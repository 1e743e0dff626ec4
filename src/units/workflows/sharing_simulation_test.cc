// Two or three runtimes on one store, one or two more that serve another task queue, and whatever may happen
// to them, in an order drawn from a seed: they die before and after transactions, stand still for longer than
// their lease, do not reach the store, lose answers and hints; the server starts again; clocks go wrong. The
// promises hold: nothing acknowledged is lost, the result of no activity is recorded twice, what may begin
// once begins once, nobody does more at once than he may, no timer fires early, a run has one owner at a time
// and ends once, and whoever replays its history gets the same commands.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "units/workflows/testing/call_watch.h"
#include "units/workflows/testing/cluster.h"

namespace trivium::units::workflows::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration lease = seconds(5);
constexpr int workflows = 3;
constexpr int signals_each = 3;

// What differs from seed to seed besides what goes wrong.
struct Choices {
  explicit Choices(uint64_t seed) {
    TestRandom random(seed);
    local = random.next() % 3 == 0;
    naps = random.next() % 2 == 0;
    if (random.next() % 3 == 0) most_activities = 1 + random.next() % 2;
    if (random.next() % 4 == 0) per_second = random.next() % 2 == 0 ? 1 : 3;
    if (random.next() % 3 == 0) most_tasks = 1;
  }

  bool local = false;  // activities for the run's own task queue are local ones
  bool naps = false;   // there are times when runs wait for other task queues, and for nothing else
  size_t most_activities = 1000;
  double per_second = 0;
  size_t most_tasks = 1000;
};

class SharingSimulation {
 public:
  explicit SharingSimulation(uint64_t seed, bool deployments = false)
      : deployments_(deployments),
        choices_(seed),
        runtimes_(2 + seed % 2),
        cluster_(seed, runtimes_ + 1 + seed / 2 % 2,
                 [&](ServiceOptions& options) {
                   options.most_activities = choices_.most_activities;
                   options.activities_per_second = choices_.per_second;
                   options.most_tasks = choices_.most_tasks;
                   restless(seed, options);
                 }),
        calls_(cluster_, choices_.most_activities, choices_.per_second) {
    for (size_t node = 0; node < cluster_.size(); ++node) {
      World& world = cluster_.world(node);
      world.functions.add("app:step", [this](const Array& arguments) { return step(arguments); });
      world.functions.add("app:once", [this](const Array& arguments) {
        EXPECT_EQ(++begun_once_[arguments[0].as_string()], 1) << "it may be tried once";
        return lua::Reply::of(arguments[0]);
      });
      for (const char* id : {"app:step", "app:once"}) {
        world.functions.set_options(id, {{"activity.local", choices_.local}});
      }
      calls_.watch(node, node >= runtimes_);
      if (node >= runtimes_) serve_far(world);
      world.programs.add("app:child",
                         "return function(name) call('app:step', name .. '/c1') sleep(1000000000) "
                         "return call('app:step', name .. '/c2') end");
      deploy(node, 0);
      cluster_.restart(node);
    }
  }

  void run() {
    for (int i = 0; i < workflows; ++i) start("wf" + std::to_string(i));
    for (int round = 0; round < 8; ++round) {
      cluster_.lose_hints(cluster_.chance() % 3 * 30);
      if (cluster_.chance() % 6 == 0) cluster_.database().restart();
      for (size_t node = 0; node < cluster_.size(); ++node) harm(node);
      for (int i = 0; i < workflows; ++i) {
        if (round < signals_each) send("wf" + std::to_string(i), round + 1);
      }
      cluster_.run_for(milliseconds(1 + cluster_.chance() % 10000));
      for (size_t node = 0; node < cluster_.size(); ++node) {
        if (cluster_.chance() % 3 == 0) mend(node);
      }
      watch("wf" + std::to_string(cluster_.chance() % workflows), cluster_.any_well());
      cluster_.run_for(milliseconds(1 + cluster_.chance() % 5000));
      for (size_t node = 0; node < cluster_.size(); ++node) {
        if (cluster_.chance() % 3 != 0) mend(node);
      }
      if (::testing::Test::HasFailure()) return;
    }
    cluster_.heal();
    resend();
    for (size_t node = 0; node < cluster_.size(); ++node) {
      cluster_.world(node).service().retry_parked();
      for (int i = 0; i < workflows; ++i) watch("wf" + std::to_string(i), node);
    }
    cluster_.run_for(seconds(5));
    calls_.calm();
    // Sooner than a lost wake-up would be made good for by the limit of an attempt.
    const bool ended = cluster_.run_until([&] { return open_runs() == 0; }, minutes(5));
    EXPECT_TRUE(ended) << "they do not come to an end";
    cluster_.run_for(seconds(5));
    check();
  }

 private:
  static void restless(uint64_t seed, ServiceOptions& options) {
    options.lease = lease;
    if (seed % 4 == 0) return;
    options.cached_instances = seed / 4 % 3;
    options.stays_awake = seconds(seed / 12 % 2 == 0 ? 0 : 5);
    options.due_window = 1 + seed / 24 % 3;
    options.wakes_at_once = 1 + seed / 72 % 2;
  }

  void serve_far(World& world) {
    world.options.task_queue = "far";
    world.functions.add("app:far", [this](const Array& arguments) { return step(arguments); });
  }

  lua::Reply step(const Array& arguments) {
    if (arguments.size() > 1 && ++attempts_[arguments[0].as_string()] == 1) {
      return lua::Reply::failure(Error::unspecified(kind::internal, "first attempt fails"));
    }
    return lua::Reply::of(arguments[0]);
  }

  // The next attempt is far away; an attempt takes too long; nobody takes it in time.
  static constexpr const char* naps = R"lua(
        call_with({['activity.task_queue'] = 'far', ['activity.retry_policy'] = {initial_interval = '9s'}},
          'app:far', name .. '/7', 'retry')
        call_with({['activity.task_queue'] = 'far', ['activity.start_to_close_timeout'] = '2s',
          ['activity.heartbeat_timeout'] = '3s'}, 'app:far', name .. '/8')
        repeat
          local done = call_with({['activity.task_queue'] = 'far',
            ['activity.schedule_to_start_timeout'] = '4s', ['activity.schedule_to_close_timeout'] = '8s',
            ['activity.retry_policy'] = {initial_interval = '2s'}}, 'app:far', name .. '/9', 'retry')
        until done )lua";

  // As in the simulation of one: no two of the four fit the same history.
  void deploy(size_t node, uint64_t variant) {
    const std::string tag = "local tag = unique() ";
    const std::string first = "call('app:step', name .. '/1') ";
    const std::string second = "call('app:step', name .. '/2', 'retry') ";
    const std::string steps = variant % 2 == 0 ? first + second : second + first;
    cluster_.world(node).programs.add("app:parent", R"lua(
      return function(name)
        local messages = listen('add')
        local total = 0 )lua" + (variant < 2 ? steps + tag : tag + steps) +
                                                        R"lua(
        local a, b = async('app:step', name .. '/3'), async('app:step', name .. '/4')
        a:receive()
        b:receive()
        call_with({['activity.retry_policy'] = {maximum_attempts = 1}}, 'app:once', name)
        local c = async_with({['activity.task_queue'] = 'far'}, 'app:far', name .. '/5', 'retry')
        call_with({['activity.task_queue'] = 'far', ['activity.retry_policy'] = {maximum_attempts = 1}},
          'app:far', name .. '/6')
        c:receive() )lua" + (choices_.naps ? naps : "") +
                                                        R"lua(
        local child = exec('app:child', name)
        while total < 6 do total = total + messages:receive() end
        sleep(7000000000)
        send('{app:host|0x00001}', 'done', name)
        if tag ~= nil and child == name .. '/c2' then return {name, total} end
        return nil, 'inconsistent'
      end)lua");
  }

  void harm(size_t node) {
    World& world = cluster_.world(node);
    if (!cluster_.well(node)) return;
    const uint64_t choice = cluster_.chance();
    switch (cluster_.chance() % 9) {
      case 0:
      case 1:
        return world.queue().crash_at(static_cast<int>(1 + choice / 2 % 8),
                                      choice % 2 == 0 ? TestQueue::Crash::before : TestQueue::Crash::after);
      case 2:
      case 3:
        return cluster_.pause(node, choice % 100);
      case 4:
        return cluster_.cut_off(node, choice / 4 % 100, choice % 2 == 0, choice / 2 % 2 == 0);
      case 5:
        return world.queue().lose_answers(static_cast<int>(1 + choice % 3));
      case 6:
        return world.queue().refuse(static_cast<int>(1 + choice % 5));
      case 7:
        return world.timers().step_wall(seconds(static_cast<int>(choice % 240) - 120));
      default:
        return;
    }
  }

  void mend(size_t node) {
    cluster_.resume(node);
    cluster_.reconnect(node);
    if (deployments_ && cluster_.chance() % 3 == 0) {
      deploy(node, cluster_.chance() % 4);
      restart(node, cluster_.chance() % 2 == 0);
    } else if (cluster_.world(node).crashed() || cluster_.chance() % 6 == 0) {
      restart(node, cluster_.chance() % 2 == 0);
    }
  }

  // Those who watched from there are gone with it.
  void restart(size_t node, bool in_order) {
    cluster_.restart(node, in_order);
    std::erase_if(watches_, [&](const auto& watch) { return watch->node == node; });
  }

  // Until it is acknowledged, by one or the other; the id makes it safe.
  void start(const std::string& id) {
    bool acknowledged = false;
    for (int i = 0; i < 20 && !acknowledged; ++i) {
      const size_t node = cluster_.any_well();
      StartRequest request;
      request.id = "app:parent";
      request.arguments = encode_values({Value(id)});
      request.name = id;
      request.options = Object{{"workflow.conflict_policy", "use_existing"},
                               {"workflow.task_queue", ServiceOptions().worker}};
      if (cluster_.chance() % 3 == 0) {
        cluster_.world(node).queue().crash_at(
            1, cluster_.chance() % 2 == 0 ? TestQueue::Crash::before : TestQueue::Crash::after);
      }
      cluster_.world(node).service().start(
          request, [&](const Result<StartedWorkflow>& started) { acknowledged = started.has_value(); });
      cluster_.run_until([&] { return acknowledged || cluster_.world(node).crashed(); }, seconds(2));
      if (cluster_.world(node).crashed()) cluster_.restart(node);
    }
    EXPECT_TRUE(acknowledged) << "could not start " << id;
  }

  struct Signal {
    std::string id;
    int value = 0;
    bool acknowledged = false;
  };

  void send(const std::string& id, int value) {
    signals_.push_back(std::make_unique<Signal>(Signal{id, value, false}));
    send(*signals_.back(), cluster_.chance() % cluster_.size());
  }

  void send(Signal& signal, size_t node) {
    cluster_.world(node).service().signal(
        signal.id, {"add", "", encode_values({Value(signal.value)})},
        [&signal](const Result<>& done) { signal.acknowledged = signal.acknowledged || done.has_value(); },
        signal.id + "#" + std::to_string(signal.value));
  }

  // What was not acknowledged; what was must be there.
  void resend() {
    for (const auto& signal : signals_) {
      if (!signal->acknowledged) send(*signal, cluster_.any_well());
    }
  }

  struct Watch {
    size_t node = 0;
    std::string id;
    std::vector<WorkflowEnd> ends;
  };

  void watch(const std::string& id, size_t node) {
    if (!cluster_.well(node)) return;
    auto watch = std::make_shared<Watch>(Watch{node, id, {}});
    watches_.push_back(watch);
    cluster_.world(node).service().watch(id, [watch](WorkflowEnd end) {
      if (end.error && end.error->kind == kind::unavailable) return;  // the store could not be asked
      watch->ends.push_back(std::move(end));
    });
  }

  std::vector<RunRow> runs(std::optional<RunStatus> status) {
    std::vector<RunRow> found;
    const auto session = cluster_.database().connect();
    Job job{[&](Tables& tables) -> Result<> {
              RunFilter filter;
              filter.status = status;
              found = tables.list_runs(filter, 100, 0);
              return {};
            },
            [](const Result<>&) {}};
    session->run({&job, 1});
    return found;
  }
  size_t attempts_left(const std::vector<RunRow>& runs) {
    size_t count = 0;
    const auto session = cluster_.database().connect();
    Job job{[&](Tables& tables) -> Result<> {
              for (const RunRow& run : runs) count += tables.shared()->attempts({run.run_id}).size();
              return {};
            },
            [](const Result<>&) {}};
    session->run({&job, 1});
    return count;
  }
  size_t open_runs() { return runs(RunStatus::running).size(); }

  void check() {
    for (const std::string& violation : cluster_.database().violations()) ADD_FAILURE() << violation;
    // What runtimes take for equal clocks, twice: that which set the timer, and that which saw it fire.
    EXPECT_LE(cluster_.database().earliest_ns(), std::chrono::nanoseconds(milliseconds(500)).count());
    EXPECT_LE(cluster_.database().most_tasks_at_once(), choices_.most_tasks);
    World& world = cluster_.world(0);
    for (int i = 0; i < workflows; ++i) {
      const std::string id = "wf" + std::to_string(i);
      const RunDescription description = world.describe(id);
      EXPECT_EQ(description.run.status, RunStatus::completed)
          << outline(world.history(id)) << description.run.parked << " " << description.run.outcome;
      check_history(world.history(id));
    }
    for (const auto& watch : watches_) {
      if (watch->ends.empty()) continue;  // the store could not be asked
      EXPECT_EQ(watch->ends.size(), 1U);
      EXPECT_EQ(shown(watch->ends[0]), "[\"" + watch->id + "\",6]");
    }
    for (int i = 0; i < workflows; ++i) {  // of those at the end, everybody is told
      const std::string id = "wf" + std::to_string(i);
      size_t told = 0;
      for (const auto& watch : watches_) told += watch->id == id && !watch->ends.empty() ? 1 : 0;
      EXPECT_GE(told, cluster_.size()) << id;
    }
    const std::vector<RunRow> all = runs(std::nullopt);
    EXPECT_EQ(all.size(), 2U * workflows);
    EXPECT_EQ(attempts_left(all), 0U);
    for (const RunRow& run : all) {
      const std::vector<Event> history = world.history(run.workflow_id, run.run_id);
      for (size_t node = 0; node < cluster_.size(); ++node) {
        EXPECT_EQ(cluster_.world(node).replay(history, run.workflow_id, run.run_id, code(run.code_hash)), "")
            << outline(history);
      }
    }
  }

  std::shared_ptr<const WorkflowCode> code(const std::string& hash) {
    for (size_t node = 0; node < cluster_.size(); ++node) {
      if (auto found = cluster_.world(node).programs.by_hash(hash)) return found;
    }
    return nullptr;
  }

  void check_history(const std::vector<Event>& history) const {
    std::map<int64_t, int> ended;
    size_t scheduled = 0;
    std::map<int64_t, int64_t> due;
    int signals = 0;
    int ends = 0;
    for (size_t i = 0; i < history.size(); ++i) {
      const Event& event = history[i];
      EXPECT_EQ(event.id, static_cast<int64_t>(i) + 1);
      if (event.type == EventType::activity_completed || event.type == EventType::activity_failed ||
          event.type == EventType::activity_timed_out) {
        ++ended[integer_at(event.attributes, "scheduled_event_id")];
      }
      if (event.type == EventType::activity_scheduled) ++scheduled;
      if (event.type == EventType::timer_started) {
        due[event.id] = event.time_ns + integer_at(event.attributes, "start_to_fire_timeout");
      }
      if (event.type == EventType::timer_fired) {
        EXPECT_GE(event.time_ns, due.at(integer_at(event.attributes, "started_event_id")));
      }
      if (event.type == EventType::execution_signaled) ++signals;
      if (is_close_event(event.type)) ++ends;
    }
    EXPECT_EQ(ended.size(), scheduled);
    if (choices_.naps) {
      EXPECT_GE(scheduled, 10U);  // the last as often as it takes
    } else {
      EXPECT_EQ(scheduled, 7U);
    }
    for (const auto& [activity, times] : ended) EXPECT_EQ(times, 1) << activity;
    EXPECT_EQ(signals, signals_each);
    EXPECT_EQ(ends, 1);
  }

  const bool deployments_;
  const Choices choices_;
  const size_t runtimes_;  // that have the workflows; the others serve the other task queue
  std::map<std::string, int> attempts_;
  std::map<std::string, int> begun_once_;
  std::vector<std::unique_ptr<Signal>> signals_;
  std::vector<std::shared_ptr<Watch>> watches_;
  Cluster cluster_;
  CallWatch calls_;
};

// TRIVIUM_SIMULATIONS and TRIVIUM_SEED as in simulation_test.cc.
uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

void simulate(uint64_t count, bool deployments) {
  const uint64_t first = setting("TRIVIUM_SEED", 1);
  for (uint64_t seed = first; seed < first + setting("TRIVIUM_SIMULATIONS", count); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SharingSimulation(seed, deployments).run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(SharingSimulation, EveryPromiseHoldsWhateverHappensToRuntimes) { simulate(250, false); }
TEST(SharingSimulation, EveryPromiseHoldsWhileTheyAreDeployedOneByOne) { simulate(50, true); }

}  // namespace
}  // namespace trivium::units::workflows::testing
