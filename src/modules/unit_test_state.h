// Runs Lua text as a process of a real node, for tests of modules that need one.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/json.h"
#include "lua/sandbox/chunk.h"
#include "modules/payload_global.h"
#include "sched/scheduler.h"
#include "sched/timers.h"
#include "units/node.h"
#include "units/process.h"

namespace trivium::lua {

class RecordingSink final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(const LogRecord& record) override {
    Object fields = record.fields;
    fields.erase("pid");
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::to_string(static_cast<int>(record.level)) + " [" + std::string(record.logger) +
                     "] " + std::string(record.message) + " " + *json::encode(Value(std::move(fields))));
  }
  // "level [logger] message {fields}" of each record so far, without pids.
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class UnitTest : public testing::Test {
 protected:
  explicit UnitTest(std::vector<const Module*> modules)
      : modules_(std::move(modules)),
        environment_(std::span<const LibraryField>(globals)),
        node_({scheduler_, timers_, blocking_, system_clock(), system_random(), environment_, module_set_,
               Log(sink_, "")},
              {}) {
    scheduler_.start();
  }
  ~UnitTest() override {
    scheduler_.stop();
    blocking_.shutdown();
  }

  units::Node& node() { return node_; }
  RecordingSink& sink() { return *sink_; }

  // What process `app.test:main` is given besides its code.
  struct Setting {
    std::string host = "app.test:host";
    Array arguments;
    FrameRef frame;
  };

  // The results of the text as a function body, separated by spaces: strings bare, errors as
  // <kind: message> with a question mark unless they are not retryable; "raised: message" when it
  // fails.
  std::string run(const std::string& body, const Setting& setting) {
    const std::string script = "local function main(...) " + body + R"( end
         local function show(value)
           local is_error, kind = pcall(function() return value:kind() end)
           if not is_error then return tostring(value) end
           return '<' .. kind .. ': ' .. value:message() .. '>' .. (value:retryable() == false and '' or '?')
         end
         local function join(...)
           local texts = {}
           for i = 1, select('#', ...) do texts[i] = show((select(i, ...))) end
           return table.concat(texts, ' ')
         end
         return function(...) return join(main(...)) end)";
    auto program = std::make_shared<EntryProgram>();
    program->id = "app.test:main";
    program->main.id = program->id;
    Result<std::string> bytecode = compile_to_bytecode(script, program->id);
    if (!bytecode) return "syntax: " + bytecode.error().message;
    program->main.bytecode = std::move(*bytecode);
    program->modules = modules_;

    std::promise<std::string> ended;
    units::ProcessSpec spec;
    spec.host = setting.host;
    spec.program = std::move(program);
    spec.arguments = encode_values(setting.arguments);
    spec.frame = setting.frame;
    spec.on_exit = [&ended](units::Process&, units::Exit& exit) {
      ended.set_value(exit.error ? "raised: " + exit.error->message : first_value(exit.values).as_string());
    };
    const auto process = sched::make_ref<units::Process>(node_, std::move(spec));
    process->publish();
    process->launch();
    return ended.get_future().get();
  }
  std::string run(const std::string& body) { return run(body, Setting()); }
  std::string eval(const std::string& expressions) { return run("return " + expressions, Setting()); }

 private:
  static void push_payload(lua_State* L) { push_library(L, payload_library); }
  static constexpr LibraryField globals[] = {{"payload", nullptr, push_payload}};

  const std::vector<const Module*> modules_;
  const std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  sched::ThreadedScheduler scheduler_{sched::ThreadedScheduler::Options{.workers = 1}};
  sched::SystemTimers timers_;
  sched::BlockingPool blocking_;
  units::ModuleSet module_set_;
  const Environment environment_;
  units::Node node_;
};

}  // namespace trivium::lua
