#include "lua/isolate.h"

#include <gtest/gtest.h>

#include <map>

#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/sandbox/chunk.h"

namespace trivium::lua {
namespace {

// Something the host is asked for; what comes of it is up to the test.
class Ask final : public Command {
 public:
  static constexpr CommandType command_type{"ask"};
  explicit Ask(std::string what) : Command(command_type), what(std::move(what)) {}
  std::unique_ptr<Command> detach() override { return std::make_unique<Ask>(std::move(what)); }
  std::string what;
};

// Answers "now: x" at once, lets everything else wait.
class FakeHost : public Host {
 public:
  Dispatch dispatch(Isolate&, Command& command, OpId op, Reply& reply) override {
    const std::string what = command.as<Ask>()->what;
    if (what.starts_with("now: ")) {
      reply = Reply::of(what.substr(5));
      return Dispatch::done;
    }
    if (what.starts_with("refused")) {
      reply = Reply::failure(Error::of(kind::conflict, what));
      return Dispatch::done;
    }
    asked.emplace_back(what, op);
    return Dispatch::pending;
  }
  bool answers_at_once(const Command& command) override {
    return static_cast<const Ask&>(command).what.starts_with("now: ");
  }
  void abandon(Isolate&, OpId op) override { abandoned.push_back(op); }
  int64_t now_ns() override { return 0; }
  int64_t clock_ns() override { return 0; }
  uint64_t random() override { return 4; }
  const std::string& pid() override { return name; }
  const std::string& entry_id() override { return name; }
  const FrameRef& frame() override { return no_frame; }
  void log(LogLevel, std::string_view, std::string_view message, Object) override {
    logged.emplace_back(message);
  }
  void dropped(std::string_view operation, std::string_view path, std::string_view type) override {
    lost.push_back(std::string(operation) + "|" + std::string(path) + "|" + std::string(type));
  }

  OpId op_of(const std::string& what) const {
    for (const auto& [asked_what, op] : asked) {
      if (asked_what == what) return op;
    }
    return 0;
  }

  std::vector<std::pair<std::string, OpId>> asked;
  std::vector<OpId> abandoned;
  std::vector<std::string> logged;
  std::vector<std::string> lost;
  std::string name = "app:test";
  FrameRef no_frame;
};

int finish_ask(lua_State* L, Reply& reply) {
  if (reply.error) return push_failure(L, *reply.error);
  return push_values(L, reply.values);
}

void issue_ask(lua_State* L) {
  Ask command(luaL_checkstring(L, 1));
  Isolate::from(L).issue(L, command);
}

int ask(lua_State* L) {
  issue_ask(L);
  return Isolate::from(L).await(L, finish_ask);
}

// What came to the operation, as long as it is not closed.
class CollectingSink final : public Sink {
 public:
  bool deliver(Isolate&, Reply& reply) override {
    got.push_back(first_value(reply.values));
    return got.size() < 3;
  }
  void drop(Isolate&) override { dropped = true; }
  std::vector<Value> got;
  bool dropped = false;
};

std::shared_ptr<CollectingSink>& test_sink() {
  static std::shared_ptr<CollectingSink> sink;
  return sink;
}

int watch(lua_State* L) {
  test_sink() = std::make_shared<CollectingSink>();
  Ask command(luaL_checkstring(L, 1));
  Error refused;
  const auto op = Isolate::from(L).issue_to_sink(command, test_sink(), &refused);
  if (!op) return push_failure(L, refused);
  lua_pushinteger(L, static_cast<lua_Integer>(*op));
  return 1;
}

int unwatch(lua_State* L) {
  Isolate::from(L).close_sink(static_cast<OpId>(luaL_checkinteger(L, 1)));
  return 0;
}

// listen(topic): "" is the inbox. own(topic, channel): an application's channel.
int listen_to(lua_State* L) {
  Channel& channel = Channel::push_new(L, 0);
  lua_pushvalue(L, -1);
  Isolate::from(L).subscribe(L, luaL_checkstring(L, 1), {.channel = &channel, .readable = 1});
  return 1;
}

int own(lua_State* L) {
  lua_pushvalue(L, 2);
  Isolate::from(L).subscribe(L, luaL_checkstring(L, 1),
                             {.channel = Channel::test(L, 2), .feed = Subscription::Feed::buffered});
  return 0;
}

int unlisten(lua_State* L) {
  lua_pushboolean(L, Isolate::from(L).unsubscribe(L, Channel::test(L, 1)));
  return 1;
}

int interrupt(lua_State* L) {
  Isolate::from(L).interrupt();
  return 0;
}

constexpr LibraryField extra[] = {{"interrupt", interrupt}, {"ask", ask},          {"watch", watch},
                                  {"unwatch", unwatch},     {"listen", listen_to}, {"own", own},
                                  {"unlisten", unlisten}};

class IsolateTest : public testing::Test {
 protected:
  IsolateTest() : environment_(std::span<const LibraryField>(extra)) {}

  // The body becomes the entry function; `log` collects its notes, joined by a space at the end.
  void load(const std::string& body, IsolateOptions options = {}) {
    const std::string source =
        "local notes = {} function note(x) notes[#notes + 1] = tostring(x) end "
        "function notes_text() return table.concat(notes, ' ') end "
        "return function(...) " +
        body + "\nend";
    load_chunk(source, options);
  }
  void load_chunk(const std::string& source, IsolateOptions options = {}) {
    auto program = std::make_shared<EntryProgram>();
    program->id = "app:test";
    program->method = "main";
    program->main = {"", "app:test", compile_to_bytecode(source, "app:test").value(), nullptr};
    options.environment = &environment_;
    auto made = Isolate::create(host_, program, options);
    ASSERT_TRUE(made);
    isolate_ = std::move(*made);
    Result<bool> loaded = isolate_->load();
    load_error_ = loaded ? Error() : loaded.error();
  }
  Isolate::Step start(const Array& arguments = {}) {
    isolate_->start(encode_values(arguments));
    return isolate_->run();
  }
  Isolate::Step reply(const std::string& what, Value value) {
    isolate_->complete(host_.op_of(what), Reply::of(std::move(value)));
    return isolate_->run();
  }
  void send(const std::string& topic, Value value) {
    Message message{topic, "{h|0x00009}", {}};
    append(message.values, value);
    isolate_->deliver(std::move(message));
  }
  // What it came to: the text of the result, or "Kind: message".
  std::string outcome() {
    const Outcome outcome = isolate_->take_outcome();
    if (outcome.error) return outcome.error->kind + ": " + outcome.error->message;
    const Value value = first_value(outcome.values);
    return value.is_string() ? value.as_string()
           : value.is_int()  ? std::to_string(value.as_int())
                             : "(other)";
  }
  std::string run(const std::string& body) {
    load(body);
    EXPECT_EQ(start(), Isolate::Step::finished);
    return outcome();
  }

  FakeHost host_;
  const Environment environment_;
  std::unique_ptr<Isolate> isolate_;
  Error load_error_;
};

// --- coroutines -------------------------------------------------------------------------------------

TEST_F(IsolateTest, SpawnRunsTheChildUpToItsFirstWait) {
  EXPECT_EQ(run(R"(
    note("main") coroutine.spawn(function() note("child") coroutine.yield() note("again") end)
    note("back") coroutine.yield() return notes_text())"),
            "main child back again");
}

TEST_F(IsolateTest, RunnableCoroutinesTakeTurns) {
  EXPECT_EQ(run(R"(
    for i = 1, 3 do coroutine.spawn(function() note("a" .. i) coroutine.yield() note("b" .. i) end) end
    coroutine.yield() coroutine.yield() return notes_text())"),
            "a1 b1 a2 b2 a3 b3");
}

TEST_F(IsolateTest, SendWakesTheReceiverAfterTheSender) {
  EXPECT_EQ(run(R"(
    local c = channel.new()
    coroutine.spawn(function() note(c:receive()) end)
    c:send("value") note("sender") coroutine.yield() return notes_text())"),
            "sender value");
}

TEST_F(IsolateTest, ReceiveWakesTheSenderAfterTheReceiver) {
  EXPECT_EQ(run(R"(
    local c = channel.new()
    coroutine.spawn(function() c:send("value") note("sender") end)
    note(c:receive()) coroutine.yield() return notes_text())"),
            "value sender");
}

TEST_F(IsolateTest, CloseWakesAllInOrderThenTheCloser) {
  EXPECT_EQ(run(R"(
    local c = channel.new()
    for i = 1, 3 do coroutine.spawn(function() local _, ok = c:receive() note(i .. tostring(ok)) end) end
    c:close() note("closer") return notes_text())"),
            "1false 2false 3false closer");
}

TEST_F(IsolateTest, RepliesResumeInTheOrderTheyCome) {
  load(R"(
    for _, name in ipairs({"a", "b", "c"}) do coroutine.spawn(function() note(name .. ask(name)) end) end
    ask("end") return notes_text())");
  EXPECT_EQ(start(), Isolate::Step::waiting);
  isolate_->complete(host_.op_of("c"), Reply::of(1));
  isolate_->complete(host_.op_of("a"), Reply::of(2));
  EXPECT_EQ(isolate_->run(), Isolate::Step::waiting);
  EXPECT_EQ(reply("b", 3), Isolate::Step::waiting);
  EXPECT_EQ(reply("end", 0), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "c1 a2 b3");
}

TEST_F(IsolateTest, RepliesAtOnceDoNotSwitch) {
  EXPECT_EQ(run(R"(
    coroutine.spawn(function() coroutine.yield() note("other") end)
    note(ask("now: x")) local v, e = ask("refused") note(e) return notes_text())"),
            "x refused");
}

TEST_F(IsolateTest, ARepliedOperationIsForgotten) {
  load("return ask('a') .. ask('b')");
  start();
  const OpId first = host_.op_of("a");
  reply("a", "1");
  isolate_->complete(first, Reply::of("late"));
  isolate_->complete(999, Reply::of("unknown"));
  EXPECT_EQ(isolate_->run(), Isolate::Step::waiting);
  EXPECT_EQ(reply("b", "2"), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "12");
}

TEST_F(IsolateTest, OperationsOfASuccessorHaveOtherNumbers) {
  load("ask('a')");
  start();
  const OpId next = isolate_->next_op();
  load("ask('b')", {.first_op = next});
  start();
  EXPECT_GT(host_.op_of("b"), host_.op_of("a"));
}

TEST_F(IsolateTest, WaitsInsideManualCoroutinesSuspendTheTask) {
  load(R"(
    local w = coroutine.wrap(function() local inner = coroutine.wrap(function() coroutine.yield(ask("a")) return ask("b") end)
      coroutine.yield(inner()) coroutine.yield(inner()) end)
    return w() .. w())");
  EXPECT_EQ(start(), Isolate::Step::waiting);
  EXPECT_EQ(reply("a", "1"), Isolate::Step::waiting);
  EXPECT_EQ(reply("b", "2"), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "12");
}

TEST_F(IsolateTest, ACoroutineThatWaitsCannotBeResumedByOthers) {
  load(R"(
    local co = coroutine.create(function() return ask("a") end)
    coroutine.spawn(function() note(select(2, coroutine.resume(co))) end)
    note(coroutine.status(co)) note(select(2, coroutine.resume(co)))
    ask("end") return notes_text())");
  start();
  reply("a", "answer");
  reply("end", 0);
  EXPECT_EQ(outcome(), "normal can not resume a running thread answer");
}

TEST_F(IsolateTest, NothingThatCouldWakeItIsADeadlock) {
  EXPECT_EQ(run("channel.select({})"),
            "Internal: deadlock: all coroutines blocked with no pending operations (threads=1)");
  load("channel.new():receive()");
  EXPECT_EQ(start(), Isolate::Step::waiting) << "somebody might, as far as one can know";
}

// --- ends -------------------------------------------------------------------------------------------

TEST_F(IsolateTest, SecondResults) {
  EXPECT_EQ(run("return 'v', nil"), "v");
  EXPECT_EQ(run("return 'v', 5"), "v");
  EXPECT_EQ(run("return 'v', {}"), "v");
  EXPECT_EQ(run("return 'v', ''"), "Internal: ");
  EXPECT_EQ(run("return 'v', 'text'"), "Internal: text");
  EXPECT_EQ(run("return nil, errors.new({message = 'm', kind = 'K'})"), "K: m");
  EXPECT_EQ(run("return nil, errors.new('m')"), "Internal: m");
}

TEST_F(IsolateTest, RaisedValues) {
  EXPECT_EQ(run("error('text')"), "Internal: app:test:1: text");
  EXPECT_EQ(run("error('text', 0)"), "Internal: text");
  EXPECT_EQ(run("error(errors.new({message = 'm', kind = 'K'}))"), "K: m");
  EXPECT_EQ(run("error()"), "Internal: nil");
  EXPECT_EQ(run("coroutine.spawn(function() error('inner', 0) end) ask('x')"), "Internal: inner");
}

TEST_F(IsolateTest, TheEndOfMainEndsAll) {
  EXPECT_EQ(run("coroutine.spawn(function() ask('x') error('never') end) return 'done'"), "done");
}

TEST_F(IsolateTest, FailReplacesWhateverWouldHaveCome) {
  load("ask('x') return 'never'");
  start();
  isolate_->complete(host_.op_of("x"), Reply::of(1));
  isolate_->fail(Error::of(kind::canceled, "enough"));
  EXPECT_EQ(isolate_->run(), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "Canceled: enough");
}

TEST_F(IsolateTest, KilledCodeRunsNoFurther) {
  load("ask('x') print('never')");
  start();
  isolate_->kill();
  isolate_->complete(host_.op_of("x"), Reply::of(1));
  isolate_->run();
  EXPECT_TRUE(host_.logged.empty());
}

TEST_F(IsolateTest, TopLevelCodeCannotWait) {
  load_chunk("ask('x') return function() end");
  EXPECT_EQ(load_error_.message,
            "failed to execute script: app:test:1: can not yield from outside of a coroutine");
  load_chunk("coroutine.spawn(function() end) return function() end");
  EXPECT_NE(load_error_.message.find("can not yield from outside of a coroutine"), std::string::npos);
  EXPECT_EQ(load_error_.retryable, false);
}

TEST_F(IsolateTest, WhatIsAnsweredAtOnceNeedNotWait) {
  load_chunk("local at_load = ask('now: early') return function() return at_load end");
  EXPECT_EQ(start(), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "early");
  EXPECT_EQ(run("local got table.sort({1, 2}, function() got = ask('now: sorted') end) return got"),
            "sorted");
  EXPECT_EQ(run("table.sort({1, 2}, function() ask('other') end)"),
            "Internal: app:test:1: attempt to yield across a C-call boundary");
}

TEST_F(IsolateTest, TopLevelCodeIsPreempted) {
  // Also within a coroutine of its own; the library it interrupts itself with stands for the watchdog.
  load_chunk(R"(
    local sum = 0
    local step = coroutine.wrap(function() for i = 1, 10 do sum = sum + i interrupt() end return sum end)
    local total = step()
    interrupt()
    return function() return total end)");
  EXPECT_FALSE(isolate_->loaded());
  int slices = 1;
  while (!isolate_->loaded()) {
    ASSERT_TRUE(isolate_->load());
    ++slices;
  }
  EXPECT_EQ(slices, 12);
  start();
  EXPECT_EQ(outcome(), "55");
}

TEST_F(IsolateTest, TopLevelCodeCannotGiveUpItsTurn) {
  load_chunk("coroutine.yield() return function() end");
  EXPECT_EQ(load_error_.message,
            "failed to execute script: app:test:1: can not yield from outside of a coroutine");
}

TEST_F(IsolateTest, TheMemoryLimitEndsTopLevelCodeEvenIfTheErrorIsCaught) {
  load_chunk("local t = {} while true do pcall(function() while true do t[#t + 1] = {#t} end end) end",
             {.memory_limit = 1 << 20});
  EXPECT_EQ(load_error_.message, "failed to execute script: not enough memory");
}

TEST_F(IsolateTest, TheEntryFunction) {
  load_chunk("return {main = function() return 'table' end}");
  start();
  EXPECT_EQ(outcome(), "table");
  for (const char* source :
       {"return {}", "return {main = 5}", "return 5", "local x", "return {main = print}"}) {
    load_chunk(source);
    EXPECT_EQ(load_error_.kind, kind::not_found) << source;
    EXPECT_EQ(load_error_.message, "method \"main\" not found in module");
  }
}

// --- reuse ------------------------------------------------------------------------------------------

TEST_F(IsolateTest, ResetKeepsGlobalsAndNothingElse) {
  load(R"(
    local what = ...
    kept = kept or channel.new(1)
    if what == "wait" then
      coroutine.spawn(function() kept:receive() end)
      coroutine.spawn(function() channel.select({kept:case_receive(), channel.new():case_receive()}) end)
      coroutine.spawn(function() ask("left behind") end)
      watch("left too")
      return "waited"
    end
    kept:send("new")
    return (kept:receive()))");
  start({"wait"});
  EXPECT_EQ(outcome(), "waited");
  isolate_->reset();
  EXPECT_TRUE(test_sink()->dropped);
  isolate_->complete(host_.op_of("left behind"), Reply::of("late"));
  EXPECT_EQ(start({"use"}), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "new");
}

TEST_F(IsolateTest, AFailureIsForgottenByReset) {
  load("if ... then error('failed', 0) end return 'fine'");
  start({true});
  EXPECT_EQ(outcome(), "Internal: failed");
  isolate_->reset();
  start();
  EXPECT_EQ(outcome(), "fine");
}

// --- memory -----------------------------------------------------------------------------------------

TEST_F(IsolateTest, TheMemoryLimitEndsItEvenIfTheErrorIsCaught) {
  load("local t = {} while true do pcall(function() while true do t[#t + 1] = {#t} end end) end",
       {.memory_limit = 1 << 20});
  EXPECT_EQ(start(), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "LimitExceeded: memory limit of 1 MB exceeded by app:test");
  EXPECT_FALSE(isolate_->reusable());
}

TEST_F(IsolateTest, GarbageIsCollectedBeforeTheLimitCounts) {
  load(
      "local keep = {} for i = 1, 6000 do keep[i] = {i} end for i = 1, 300000 do local t = {i, {}} end "
      "return 'done'",
      {.memory_limit = 1 << 20});
  EXPECT_EQ(start(), Isolate::Step::finished);
  EXPECT_EQ(outcome(), "done");
  EXPECT_TRUE(isolate_->reusable());
}

// --- sinks ------------------------------------------------------------------------------------------

TEST_F(IsolateTest, SinksGetRepliesUntilTheyHadEnough) {
  load("watch('ticks') ask('end')");
  start();
  for (int i = 1; i <= 5; ++i) isolate_->complete(host_.op_of("ticks"), Reply::of(i));
  isolate_->run();
  EXPECT_EQ(test_sink()->got.size(), 3u);
  EXPECT_TRUE(host_.abandoned.empty());
}

TEST_F(IsolateTest, AClosedSinkTellsTheHost) {
  load("local op = watch('ticks') ask('go') unwatch(op) unwatch(op) ask('end')");
  start();
  isolate_->complete(host_.op_of("ticks"), Reply::of(1));
  reply("go", 0);
  EXPECT_EQ(host_.abandoned, std::vector<OpId>{host_.op_of("ticks")});
  isolate_->complete(host_.op_of("ticks"), Reply::of(2));
  isolate_->run();
  EXPECT_EQ(test_sink()->got.size(), 1u);
}

TEST_F(IsolateTest, AnAnswerAtOnceReachesTheSinkToo) {
  load("watch('now: x') local v, e = watch('refused') note(e) ask('end')");
  start();
  isolate_->run();
  EXPECT_TRUE(test_sink()->got.empty()) << "the refused one";
}

// --- messages ---------------------------------------------------------------------------------------

TEST_F(IsolateTest, MessagesWaitForTheirReceiver) {
  load(
      "ask('go') local a = listen('a') local inbox = listen('') note(inbox:receive()) note(a:receive()) "
      "return notes_text()");
  start();
  send("a", "for a");
  send("b", "for anybody");
  isolate_->run();
  EXPECT_EQ(isolate_->mailbox_size(), 2u);
  reply("go", 0);
  EXPECT_EQ(outcome(), "for anybody for a");
}

TEST_F(IsolateTest, RuntimeTopicsWithoutReceiverAreDropped) {
  load("ask('go') listen('') ask('end')");
  start();
  send("@internal", 1);
  send(std::string(topic::events), 2);
  isolate_->run();
  EXPECT_EQ(isolate_->mailbox_size(), 1u);
}

TEST_F(IsolateTest, NothingOvertakesWhatHadNoRoom) {
  load(R"(
    local c = channel.new(1) own('t', c) ask('go')
    note(c:receive()) ask('more') for i = 1, 3 do note(c:receive()) end return notes_text())");
  start();
  for (int i = 1; i <= 3; ++i) send("t", i);
  isolate_->run();
  reply("go", 0);
  send("t", 4);
  isolate_->run();
  reply("more", 0);
  EXPECT_EQ(outcome(), "1 2 3 4");
}

TEST_F(IsolateTest, SelectTakesTheOldestMessage) {
  load(R"(
    local a, b = listen('a'), listen('b') ask('go')
    for i = 1, 3 do note(channel.select({a:case_receive(), b:case_receive()}).value) end return notes_text())");
  start();
  send("b", 1);
  send("a", 2);
  send("b", 3);
  isolate_->run();
  reply("go", 0);
  EXPECT_EQ(outcome(), "1 2 3");
}

TEST_F(IsolateTest, UnlistenLeavesOneMessageReadable) {
  load(R"(
    local a = listen('a') ask('go') unlisten(a)
    note(a:receive()) note(select(2, a:receive())) note(listen(''):receive()) return notes_text())");
  start();
  send("a", 1);
  send("a", 2);
  isolate_->run();
  reply("go", 0);
  EXPECT_EQ(outcome(), "1 false 2");
}

TEST_F(IsolateTest, ASuccessorTakesTheMailboxOver) {
  load("ask('x')");
  start();
  send("a", 1);
  isolate_->run();
  send("b", 2);
  const std::vector<Message> taken = isolate_->take_mailbox();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].topic, "a");
  EXPECT_EQ(taken[1].topic, "b");
}

// --- values -----------------------------------------------------------------------------------------

TEST_F(IsolateTest, LostValuesAreReportedWithTheirPlace) {
  load("return {a = {1, print}}");
  start();
  EXPECT_EQ(host_.lost, std::vector<std::string>{"result|.a[2]|function"});
}

class CodecTest : public testing::Test {
 protected:
  CodecTest() : state_(lua_newstate(Memory::allocate, &memory_), lua_close), L(state_.get()) {
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "math", luaopen_math, 1);
    lua_settop(L, 0);
  }
  void eval(const std::string& expression) {
    ASSERT_EQ(luaL_dostring(L, ("return " + expression).c_str()), LUA_OK) << lua_tostring(L, -1);
  }
  Values encoded(const std::string& expression) {
    eval(expression);
    Values values;
    encode(L, -1, values);
    lua_pop(L, 1);
    return values;
  }
  // The values as globals v1, v2 …, then the truth of an expression about them.
  bool holds(const Values& values, const std::string& expression) {
    const int count = push_values(L, values);
    for (int i = count; i >= 1; --i) lua_setglobal(L, ("v" + std::to_string(i)).c_str());
    eval(expression);
    const bool truth = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return truth && lua_gettop(L) == 0;
  }
  Memory memory_{0, 1};
  const std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
  lua_State* L;
};

TEST_F(CodecTest, Scalars) {
  EXPECT_TRUE(holds(encoded("nil"), "v1 == nil"));
  EXPECT_TRUE(holds(encoded("math.mininteger"), "v1 == math.mininteger and math.type(v1) == 'integer'"));
  EXPECT_TRUE(holds(encoded("3.0"), "v1 == 3 and math.type(v1) == 'float'"));
  EXPECT_TRUE(holds(encoded("'a\\0\\255'"), "v1 == 'a\\0\\255'"));
  EXPECT_TRUE(holds(encoded("0/0"), "v1 ~= v1"));
}

TEST_F(CodecTest, Tables) {
  EXPECT_TRUE(
      holds(encoded("{1, nil, 3, k = 'v', [2.5] = true, [-1] = 'm'}"),
            "v1[1] == 1 and v1[2] == nil and v1[3] == 3 and v1.k == 'v' and v1[2.5] and v1[-1] == 'm'"));
  EXPECT_TRUE(holds(encoded("setmetatable({}, {__index = {f = 7}})"), "v1.f == 7"));
  EXPECT_TRUE(
      holds(encoded("{print, a = print, [print] = 1, b = 2}"), "v1[1] == nil and v1.a == nil and v1.b == 2"));
}

TEST_F(CodecTest, SharedAndCyclic) {
  EXPECT_TRUE(holds(encoded("(function() local s = {} return {a = s, b = s} end)()"), "v1.a == v1.b"));
  EXPECT_TRUE(holds(encoded("(function() local s = {} s.s = s s[1] = {s} return s end)()"),
                    "v1.s == v1 and v1[1][1] == v1"));
  EXPECT_TRUE(holds(encoded("(function() local t, s = {}, {} for i = 1, 100 do t[i] = i % 2 == 0 and s or {} "
                            "end return t end)()"),
                    "v1[2] == v1[100] and v1[1] ~= v1[3]"));
  EXPECT_TRUE(holds(encoded("(function() local m = {} local t = setmetatable({m}, m) return t end)()"),
                    "getmetatable(v1) == v1[1]"));
}

// An exit event embeds the encoded result, whose references count from its own beginning.
TEST_F(CodecTest, ReferencesInsideEmbeddedValues) {
  const Values cyclic = encoded("(function() local s = {} s.me = s s.again = s return s end)()");
  Values event;
  wire::Writer out(event.bytes);
  out.byte(wire::table);
  out.byte(wire::object_when_empty);
  out.varint(1);
  out.u32(2);
  event.bytes += encoded("{}").bytes;  // a table before shifts the outer count
  out.put_string("first");
  event.bytes += cyclic.bytes;
  out.put_string("second");
  event.bytes += cyclic.bytes;
  event.count = 1;
  EXPECT_TRUE(holds(event,
                    "v1.first.me == v1.first and v1.first.again == v1.first and v1.second.me == v1.second "
                    "and v1.first ~= v1.second and next(v1[1]) == nil"));
}

TEST_F(CodecTest, SeveralValuesInOneList) {
  Values values = encoded("(function() local s = {} return {s, s} end)()");
  const Values more = encoded("(function() local s = {} return {x = s, y = s} end)()");
  values.bytes += more.bytes;
  ++values.count;
  append(values, Error::of("K", "m"));
  EXPECT_TRUE(holds(values, "v1[1] == v1[2] and v2.x == v2.y and v2.x ~= v1[1] and v3:kind() == 'K'"));
}

TEST_F(CodecTest, TooDeepIsCut) {
  eval(
      "(function() local t = {} local at = t for i = 1, 100000 do at[1] = {} at = at[1] end return t end)()");
  Values values;
  Dropped dropped;
  encode(L, -1, values, &dropped);
  lua_pop(L, 1);
  EXPECT_NE(dropped.type.find("1000 levels"), std::string::npos);
  EXPECT_LT(dropped.path.size(), 200u);
  EXPECT_TRUE(holds(values, "v1[1][1][1] ~= nil"));
}

}  // namespace
}  // namespace trivium::lua
