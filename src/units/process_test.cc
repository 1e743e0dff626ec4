#include "units/process.h"

#include <gtest/gtest.h>

#include <functional>

#include "units/commands/processes.h"
#include "units/function_pool.h"
#include "units/pid.h"
#include "units/test_node.h"

namespace trivium::units {
namespace {

using std::chrono::milliseconds;

// One thread has no races to look for.
constexpr uint64_t seeds = sched::preempts_by_signal ? 200 : 5;

const Error boom = Error::of("K", "boom");

TEST(Pid, Text) {
  EXPECT_EQ(format_pid("app:h", 0x1f), "{app:h|0x0001f}");
  EXPECT_EQ(format_pid("app:h", 0xfffff), "{app:h|0xfffff}");
  EXPECT_EQ(format_pid("app:h", 0x100000), "{app:h|0x100000}");
  EXPECT_EQ(format_pid("app:h", 0x1000000), "{app:h|0x01000000}");
  EXPECT_EQ(format_pid("app:h", 0x100000000), "{app:h|0x0000000100000000}");
}

TEST(Pid, Recognition) {
  for (const char* pid : {"{|}", "{a|b}", "{a|b|c}"}) EXPECT_TRUE(looks_like_pid(pid)) << pid;
  for (const char* name : {"", "{}", "{a}", "a|b", "{a|b", "a|b}", "|"})
    EXPECT_FALSE(looks_like_pid(name)) << name;
  const auto parts = parse_pid("{node@app:h|middle|0x0001f}");
  EXPECT_EQ(parts->node, "node");
  EXPECT_EQ(parts->host, "app:h");
  EXPECT_EQ(parts->serial(), 0x1fu);
  EXPECT_FALSE(parse_pid("{h|0x}")->serial());
  EXPECT_FALSE(parse_pid("{h|12}")->serial());
  EXPECT_FALSE(parse_pid("{h|0x12g}")->serial());
}

TEST(Pid, PlainOnes) {
  for (const uint64_t serial : {uint64_t{0x1f}, uint64_t{0xfffff}, uint64_t{0x1234567}, ~uint64_t{0}}) {
    const std::string text = format_pid("app:h", serial);
    const auto plain = parse_plain_pid(text);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "app:h");
    EXPECT_EQ(plain->serial, serial);
  }
  for (const char* other : {"", "{}", "{h|}", "{h|12}", "{h|x12}", "{h|0x12g}", "{h|0x1A}", "h|0x1f}",
                            "{h|0x1f", "0x1234", "{123456}", "{h|0x00000000000000001}"})
    EXPECT_FALSE(parse_plain_pid(other)) << other;
}

TEST(Names, BelongToPids) {
  Names names;
  EXPECT_EQ(names.insert("n", "{h|1}"), Names::Registered::fresh);
  EXPECT_EQ(names.insert("n", "{h|1}"), Names::Registered::already_own);
  EXPECT_EQ(names.insert("n", "{h|2}"), Names::Registered::taken);
  EXPECT_EQ(names.insert("m", "{h|1}"), Names::Registered::fresh);
  EXPECT_EQ(names.find("n"), "{h|1}");
  EXPECT_TRUE(names.erase("n"));
  EXPECT_FALSE(names.erase("n"));
  names.erase_all_of("{h|1}");
  EXPECT_FALSE(names.find("m"));
}

// --- watchers and links -----------------------------------------------------------------------------

TEST(Process, AWatcherGetsOneExit) {
  TestNode test;
  const auto target = test.start("return inbox():receive()");
  const auto watcher = test.start("local e = events():receive() return e.kind .. e.from .. e.result.value");
  ASSERT_TRUE(target->add_watcher(*watcher));
  EXPECT_EQ(target->add_watcher(*watcher).error().message, "already monitoring pid");
  EXPECT_TRUE(target->add_watcher(*target));
  TestNode::send(*target, "t", "value");
  test.run();
  EXPECT_EQ(test.end_of(*watcher), "\"pid.exit" + target->pid_text() + "value\"");
  EXPECT_EQ(target->add_watcher(*watcher).error().message, "process not found");
}

TEST(Process, WatchersThatEndedAreForgotten) {
  TestNode test;
  const auto target = test.start("sleep(1000)");
  test.run();
  std::vector<sched::Ref<Process>> watchers;
  for (int i = 0; i < 200; ++i) {
    watchers.push_back(test.start("return"));
    ASSERT_TRUE(target->add_watcher(*watchers.back()));
    test.run();
  }
  test.pass(milliseconds(1000));
  EXPECT_EQ(test.end_of(*target), "null");
}

TEST(Process, ABrokenLinkTakesThePartnerDown) {
  TestNode test;
  const auto a = test.start("sleep(1000)");
  const auto b = test.start("inbox():receive()");
  const auto normal = test.start("return");
  ASSERT_TRUE(Process::link(*a, *b));
  ASSERT_TRUE(Process::link(*b, *a)) << "linked already";
  ASSERT_TRUE(Process::link(*b, *normal));
  ASSERT_TRUE(Process::link(*a, *a));
  test.run();
  EXPECT_EQ(test.end_of(*b), "alive") << "a partner that returns does no harm";
  a->kill(boom);
  test.run();
  EXPECT_EQ(test.end_of(*b), ": linked process failed");
  EXPECT_EQ(Process::link(*a, *b).error().message, "pid not registered");
}

TEST(Process, UnlinkedPartnersLive) {
  TestNode test;
  const auto a = test.start("sleep(1000)");
  const auto b = test.start("inbox():receive() return 'fine'");
  ASSERT_TRUE(Process::link(*a, *b));
  Process::unlink(*b, *a);
  Process::unlink(*b, *a);
  a->kill(boom);
  test.run();
  TestNode::send(*b, "t");
  test.run();
  EXPECT_EQ(test.end_of(*b), "\"fine\"");
}

TEST(Process, WhatTheFirstStatementTrapsCounts) {
  TestNode test;
  const auto a = test.start("inbox():receive()");
  const auto b = test.start(
      "trap_links() local e = events():receive() return e.kind .. ' ' .. e.result.error:message()");
  ASSERT_TRUE(Process::link(*a, *b));
  a->kill(boom);
  test.run();
  EXPECT_EQ(test.end_of(*b), "\"pid.link.down boom\"");
}

// Any graph of links collapses completely, and each of them ends once, whatever the order.
TEST(Process, LinkedProcessesEndTogether) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    TestNode test(seed);
    constexpr size_t count = 8;
    std::vector<sched::Ref<Process>> all;
    for (size_t i = 0; i < count; ++i) {
      all.push_back(test.start(i % 3 == 0   ? "sleep(100000)"
                               : i % 3 == 1 ? "inbox():receive()"
                                            : "call('app:absent') sleep(5)  inbox():receive()"));
    }
    for (size_t i = 1; i < count; ++i) ASSERT_TRUE(Process::link(*all[i], *all[test.random.next() % i]));
    for (int i = 0; i < 4; ++i)
      ASSERT_TRUE(Process::link(*all[test.random.next() % count], *all[test.random.next() % count]));
    test.scheduler.run_until_idle(test.random.next() % 10);
    all[test.random.next() % count]->kill(boom);
    test.run();
    for (const auto& process : all) {
      ASSERT_EQ(test.ends[process->pid_text()].size(), 1u) << "seed " << seed;
      ASSERT_NE(test.end_of(*process), "null") << "seed " << seed;
    }
    EXPECT_EQ(test.node.processes().size(), 0u);
  }
}

TEST(Process, AKillEndsWhatHasNotBegun) {
  TestNode test;
  const auto process = test.start("return 'ran'");
  process->kill(boom);
  test.run();
  EXPECT_EQ(test.end_of(*process), "K: boom");
  EXPECT_FALSE(process->post(lua::Message{"t", "", {}}));
}

TEST(Process, HearsThatItsCodeIsOutdated) {
  TestNode test;
  const std::string body = R"(
    upgradable() sleep(1)
    local texts, events = {}, events()
    for i = 1, 2 do
      local e = events:receive()
      texts[i] = e.kind .. ' ' .. table.concat(e.sources, ' ')
      sleep(1)
    end
    return texts)";
  const auto asks = test.start(body);
  const auto does_not = test.start("return events():receive().kind");
  test.run();
  // Unread ones become one; what has nothing to do with it is not told.
  test.node.announce_changes({"app:process", "app:other"});
  test.node.announce_changes({"app:unrelated"});
  test.run();
  test.node.announce_changes({"app:process"});
  test.pass(milliseconds(1));
  EXPECT_EQ(test.end_of(*asks), "alive");
  test.node.announce_changes({"app:process"});
  test.pass(milliseconds(1));
  test.pass(milliseconds(1));
  EXPECT_EQ(test.end_of(*asks), R"(["pid.outdated app:process","pid.outdated app:process"])");
  EXPECT_EQ(test.end_of(*does_not), "alive");
}

// --- calls ------------------------------------------------------------------------------------------

std::string ended(const std::vector<std::string>& texts, size_t i) {
  return i < texts.size() ? texts[i] : "-";
}

// Calls `target` from outside and collects what it came to.
struct Calls {
  explicit Calls(TestNode& test) : test(test) {}
  sched::Ref<Process> call(const std::string& target, const Object& options = {},
                           std::shared_ptr<CallScope> scope = nullptr) {
    CallRequest request;
    request.target = target;
    request.scope = std::move(scope);
    request.on_exit = [this](Exit& exit) { results.push_back(TestNode::text(exit)); };
    auto made = test.node.functions().call(std::move(request), options);
    if (!made) results.push_back(made.error().kind + ": " + made.error().message);
    return made ? *made : nullptr;
  }
  TestNode& test;
  std::vector<std::string> results;
};

TEST(Calls, ATimeLimitHoldsToTheMoment) {
  TestNode test;
  Calls calls(test);
  const auto pool = test.function("app:f", "sleep(100) return 'done'");
  calls.call("app:f", {{"timeout", 100.5}});
  calls.call("app:f", {{"timeout", 99.5}});
  calls.call("app:f", {{"timeout", "1s"}});
  test.pass(milliseconds(99));
  EXPECT_TRUE(calls.results.empty());
  test.pass(milliseconds(1));
  test.pass(milliseconds(1));
  EXPECT_EQ(calls.results, (std::vector<std::string>{"Timeout: call of app:f took longer than 99.5ms",
                                                     "\"done\"", "\"done\""}));
  EXPECT_EQ(pool->figures().active, 0u);
  EXPECT_EQ(test.timers.pending(), 0u) << "limits of ended calls are cancelled";
}

TEST(Calls, WaitForAWorkerInOrderAndLeaveWhenCancelled) {
  TestNode test;
  Calls calls(test);
  const auto pool = test.function("app:f", "n = (n or 0) + 1 sleep(10) return n", 1);
  calls.call("app:f");
  const auto second = calls.call("app:f");
  calls.call("app:f");
  test.run();
  EXPECT_EQ(pool->figures().waiting, 2u);
  second->kill(boom);
  test.run();
  EXPECT_EQ(pool->figures().waiting, 1u);
  EXPECT_EQ(calls.results, std::vector<std::string>{"K: boom"});
  test.pass(milliseconds(10));
  test.pass(milliseconds(10));
  EXPECT_EQ(calls.results, (std::vector<std::string>{"K: boom", "1", "2"}));
  EXPECT_EQ(pool->figures().active, 0u);
  EXPECT_EQ(pool->figures().idle, 1u);
}

TEST(Calls, AWorkerThatHitTheMemoryLimitIsNotUsedAgain) {
  TestNode test(0, {.isolate_memory_limit = 1 << 20});
  Calls calls(test);
  const auto pool = test.function(
      "app:f", "n = (n or 0) + 1 if n == 2 then local t = {} while true do t[#t + 1] = {} end end return n",
      1);
  for (int i = 0; i < 3; ++i) {
    calls.call("app:f");
    test.run();
  }
  EXPECT_EQ(ended(calls.results, 0), "1");
  EXPECT_EQ(ended(calls.results, 1), "LimitExceeded: memory limit of 1 MB exceeded by app:f");
  EXPECT_EQ(ended(calls.results, 2), "1") << "a fresh worker";
}

TEST(Calls, AreMadeAgainAfterTheirDelays) {
  TestNode test;
  Calls calls(test);
  const Value options = *json::decode(R"({"retry": {"max_attempts": 3, "initial_delay": 100, "jitter": 0}})");
  test.function("app:f",
                "n = (n or 0) + 1 return nil, errors.new({message = 'try ' .. n, kind = 'Unavailable', "
                "retryable = true})",
                1, options);
  calls.call("app:f");
  test.pass(milliseconds(199));
  EXPECT_EQ(test.timers.pending(), 1u);
  test.pass(milliseconds(1));
  EXPECT_TRUE(calls.results.empty());
  test.pass(milliseconds(399));
  EXPECT_TRUE(calls.results.empty());
  test.pass(milliseconds(1));
  EXPECT_EQ(calls.results, std::vector<std::string>{"Unavailable: try 3"});
  EXPECT_EQ(test.timers.pending(), 0u);
}

TEST(Calls, OneTimeLimitForAllAttempts) {
  TestNode test;
  Calls calls(test);
  test.function(
      "app:f",
      "sleep(10) return nil, errors.new({message = 'again', kind = 'Unavailable', retryable = true})");
  const Object options =
      json::decode(R"({"timeout": 250, "retry": {"max_attempts": 9, "initial_delay": 100, "jitter": 0}})")
          ->as_object();
  calls.call("app:f", options);
  for (int i = 0; i < 249; ++i) test.pass(milliseconds(1));
  EXPECT_TRUE(calls.results.empty());
  test.pass(milliseconds(1));
  EXPECT_EQ(calls.results, std::vector<std::string>{"Timeout: call of app:f took longer than 250ms"});
}

TEST(Calls, OfACancelledCallerAreNotMadeAgain) {
  TestNode test;
  Calls calls(test);
  test.function("app:f",
                "return nil, errors.new({message = 'again', kind = 'Unavailable', retryable = true})");
  const auto scope = std::make_shared<CallScope>();
  const Object options = json::decode(R"({"retry": {"max_attempts": 9, "initial_delay": 100}})")->as_object();
  calls.call("app:f", options, scope);
  test.run();
  scope->cancel();
  test.pass(std::chrono::seconds(1));
  EXPECT_EQ(calls.results, std::vector<std::string>{"Canceled: context canceled"});
}

// However deep, and whenever it comes: a cancelled root leaves no call behind.
TEST(Calls, CancellationReachesEveryLevel) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    TestNode test(seed);
    std::vector<std::shared_ptr<FunctionPool>> pools;
    pools.push_back(test.function("app:f0", "sleep(100000)", 3));
    for (int level = 1; level <= 4; ++level) {
      const std::string below = "app:f" + std::to_string(level - 1);
      const std::string twice = "coroutine.spawn(function() call('" + below + "') end) sleep(1) ";
      pools.push_back(test.function("app:f" + std::to_string(level),
                                    (level % 2 == 0 ? twice : "") + "return call('" + below + "')", 3));
    }
    const auto root = test.start("coroutine.spawn(function() call('app:f3') end) return call('app:f4')");
    test.scheduler.run_until_idle(test.random.next() % 20);
    test.timers.advance(milliseconds(test.random.next() % 3));
    test.scheduler.run_until_idle(test.random.next() % 20);
    root->kill(boom);
    test.run();
    ASSERT_EQ(test.end_of(*root), "K: boom");
    ASSERT_EQ(test.node.processes().size(), 0u) << "seed " << seed;
    ASSERT_EQ(test.timers.pending(), 0u) << "seed " << seed;
    for (const auto& pool : pools) {
      ASSERT_EQ(pool->figures().active, 0u) << pool->id() << ", seed " << seed;
      ASSERT_EQ(pool->figures().waiting, 0u) << pool->id() << ", seed " << seed;
    }
  }
}

// What a function that returned left running belongs to its caller's scope.
TEST(Calls, LeftBehindLiveUntilTheRootEnds) {
  TestNode test;
  const auto slow = test.function("app:slow", "sleep(100000)");
  test.function("app:middle", "coroutine.spawn(function() call('app:slow') end) return 'returned'");
  test.function("app:top", "return call('app:middle')");
  const auto root = test.start("call('app:top') inbox():receive()");
  test.pass(milliseconds(1));
  EXPECT_EQ(slow->figures().active, 1u);
  TestNode::send(*root, "end");
  test.run();
  EXPECT_EQ(test.end_of(*root), "null");
  EXPECT_EQ(slow->figures().active, 0u);
}

TEST(Calls, UnderThreads) {
  sched::ThreadedScheduler scheduler(sched::ThreadedScheduler::Options{.workers = 4});
  sched::SystemTimers timers;
  sched::BlockingPool blocking;
  SeededRandom random(1);
  ModuleSet modules;
  const lua::Environment environment;
  {
    Node node({scheduler, timers, blocking, system_clock(), random, environment, modules, Log()}, {});
    scheduler.start();
    app::PoolOptions options;
    options.workers = 2;
    const auto pool = std::make_shared<FunctionPool>(
        "app:f", TestNode::program("app:f", "local n = 0 for i = 1, 2000 do n = n + i end return n"), options,
        Value());
    node.functions().add(pool);
    std::atomic<int> done{0};
    constexpr int count = 400;
    for (int i = 0; i < count; ++i) {
      const auto scope = std::make_shared<CallScope>();
      CallRequest request;
      request.target = "app:f";
      request.scope = scope;
      if (i % 3 == 0) request.timeout = std::chrono::microseconds(50);
      request.on_exit = [&done](Exit&) {
        ++done;
        done.notify_all();
      };
      ASSERT_TRUE(node.functions().call(std::move(request)));
      if (i % 5 == 0) scope->cancel();
    }
    for (int seen = done; seen < count; seen = done) done.wait(seen);
    scheduler.stop();
    EXPECT_EQ(pool->figures().active, 0u);
    EXPECT_EQ(pool->figures().waiting, 0u);
  }
  timers.stop();
  blocking.shutdown();
}

// Whoever found it just before it ended.
TEST(Sending, ToOneThatHasJustEnded) {
  TestNode test;
  const auto sender = test.start("return 1");
  const auto ended = test.start("return 2");
  ended->abandon();
  Send send;
  send.destination = ended->pid_text();
  send.topic = "t";
  lua::Reply reply;
  EXPECT_EQ(send.perform(*sender, 1, reply), lua::Dispatch::done);
  EXPECT_EQ(reply.error->kind, "InvalidState");
  EXPECT_EQ(reply.error->message, "process closed");
}

TEST(Figures, CallsThatWaitForAWorkerAreQueued) {
  TestNode test;
  test.function("app:f", "sleep(1000)", 1);
  std::vector<sched::Ref<Process>> calls;
  for (int i = 0; i < 2; ++i) {
    CallRequest request;
    request.target = "app:f";
    request.on_exit = [](Exit&) {};
    calls.push_back(*test.node.functions().call(std::move(request)));
  }
  test.run();
  EXPECT_EQ(calls[0]->figures().state, "waiting");
  EXPECT_EQ(calls[1]->figures().state, "queued");
  test.pass(std::chrono::seconds(2));
}

}  // namespace
}  // namespace trivium::units
