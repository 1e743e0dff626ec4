// A node on one thread under a virtual clock, for tests: programs from Lua text, every choice drawn from a
// seed. The code may use sleep(ms), call(target, …), inbox(), events() and the ambient globals.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "lua/channel.h"
#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/sandbox/chunk.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "units/commands/call.h"
#include "units/commands/time.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() override {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return state_ ^ (state_ >> 29);
  }
  void secure_bytes(void* out, size_t count) override {
    for (size_t i = 0; i < count; ++i)
      static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(next());
  }

 private:
  uint64_t state_;
};

class TestNode {
 public:
  explicit TestNode(uint64_t seed = 0, NodeOptions options = {})
      : scheduler(seed),
        random(seed),
        environment(bindings()),
        node({scheduler, timers, blocking, timers.clock(), random, environment, modules, Log()}, options) {}
  ~TestNode() {
    scheduler.stop();
    blocking.shutdown();
  }

  // The globals named above.
  static std::span<const lua::LibraryField> bindings() { return globals; }
  static lua::ProgramRef program(const std::string& id, const std::string& body) {
    auto made = std::make_shared<lua::EntryProgram>();
    made->id = id;
    made->main.id = id;
    made->main.bytecode = lua::compile_to_bytecode("return function(...) " + body + " end", id).value();
    return made;
  }

  // A process that runs once the scheduler does.
  sched::Ref<Process> start(const std::string& body, const Array& arguments = {}) {
    ProcessSpec spec;
    spec.host = "app:host";
    spec.program = program("app:process", body);
    spec.arguments = encode_values(arguments);
    spec.on_exit = [this](Process& process, Exit& exit) { ends[process.pid_text()].push_back(exit); };
    auto process = sched::make_ref<Process>(node, std::move(spec));
    process->publish();
    process->launch();
    return process;
  }

  std::shared_ptr<FunctionPool> function(const std::string& id, const std::string& body,
                                         int64_t workers = 100, Value options = Value()) {
    app::PoolOptions pool;
    pool.type = app::PoolOptions::Type::static_size;  // no timers of its own
    pool.workers = workers;
    auto made = std::make_shared<FunctionPool>(id, program(id, body), pool, std::move(options));
    node.functions().add(made);
    return made;
  }

  // "value", "Kind: message", or "alive".
  std::string end_of(const Process& process) {
    const auto at = ends.find(process.pid_text());
    return at == ends.end() ? "alive" : text(at->second.front());
  }
  static std::string text(const Exit& exit) {
    if (exit.error) return exit.error->kind + ": " + exit.error->message;
    return *json::encode(first_value(exit.values));
  }
  static void send(Process& process, const std::string& topic, Value value = Value()) {
    lua::Message message{topic, std::string(), {}};
    append(message.values, value);
    process.post(std::move(message));
  }
  void run() { scheduler.run_until_idle(); }
  // Time passes, and everything that follows from it happens.
  void pass(Duration time) {
    run();
    timers.advance(time);
    run();
  }

  std::map<std::string, std::vector<Exit>> ends;
  sched::ManualScheduler scheduler;
  sched::VirtualTimers timers;
  sched::BlockingPool blocking;
  SeededRandom random;
  ModuleSet modules;
  const lua::Environment environment;
  Node node;

 private:
  static int finish(lua_State* L, lua::Reply& reply) {
    if (reply.error) return lua::push_failure(L, *reply.error);
    return lua::push_values(L, reply.values);
  }
  static void issue_sleep(lua_State* L) {
    Sleep command;
    command.duration = std::chrono::milliseconds(luaL_checkinteger(L, 1));
    lua::Isolate::from(L).issue(L, command);
  }
  static int sleep(lua_State* L) {
    issue_sleep(L);
    return lua::Isolate::from(L).await(L, finish);
  }
  static void issue_call(lua_State* L) {
    CallFunction command;
    command.target = luaL_checkstring(L, 1);
    command.arguments = lua::encode_range(L, 2, lua_gettop(L) - 1);
    lua::Isolate::from(L).issue(L, command);
  }
  static int call(lua_State* L) {
    issue_call(L);
    return lua::Isolate::from(L).await(L, finish);
  }
  static int open(lua_State* L, std::string_view topic) {
    lua::Isolate& isolate = lua::Isolate::from(L);
    if (const lua::Subscription* known = isolate.subscription_for(topic)) {
      isolate.push_channel(L, *known);
      return 1;
    }
    lua::Channel& channel = lua::Channel::push_new(L, 0);
    lua_pushvalue(L, -1);
    isolate.subscribe(L, topic, {.channel = &channel});
    return 1;
  }
  static int inbox(lua_State* L) { return open(L, {}); }
  static int events(lua_State* L) { return open(L, lua::topic::events); }
  static int upgradable(lua_State* L) {
    lua::Isolate::from(L).host().set_unit_options({false, true});
    return 0;
  }
  static int trap_links(lua_State* L) {
    lua::Isolate::from(L).host().set_unit_options({true, false});
    return 0;
  }

  static constexpr lua::LibraryField globals[] = {{"sleep", sleep},           {"call", call},
                                                  {"inbox", inbox},           {"events", events},
                                                  {"trap_links", trap_links}, {"upgradable", upgradable}};
};

}  // namespace trivium::units
