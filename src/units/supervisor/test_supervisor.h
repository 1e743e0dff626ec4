// Services that follow a script, and a supervisor over virtual time to run them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "units/supervisor/supervisor.h"

namespace trivium::units {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Journal = std::vector<std::string>;

// An error that is worth another try.
inline Error passing(std::string message = "boom") {
  return Error::unspecified(kind::internal, std::move(message));
}

class ScriptedService final : public Service {
 public:
  ScriptedService(std::string name, Journal& journal) : name_(std::move(name)), journal_(journal) {}

  void start(ServiceEvents given, ServiceDone done) override {
    journal_.push_back("start " + name_);
    events = std::move(given);
    start_done = std::move(done);
    ++starts;
    if (hang_start) return;
    if (failures.empty()) {
      start_done({});
    } else {
      start_done(fail(failures.front()));
      failures.pop_front();
    }
  }

  void stop(ServiceDone done) override {
    journal_.push_back("stop " + name_);
    stop_done = std::move(done);
    if (!hang_stop) stop_done(stop_result);
  }

  ServiceEvents events;
  ServiceDone start_done;
  ServiceDone stop_done;
  std::deque<Error> failures;  // what the next starts return
  Result<> stop_result;
  bool hang_start = false;
  bool hang_stop = false;
  int starts = 0;

 private:
  const std::string name_;
  Journal& journal_;
};

// "LEVEL message [key=value …]" for each record.
class RecordingSink final : public LogSink {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(const LogRecord& record) override {
    static const std::map<LogLevel, std::string> names{{LogLevel::debug, "DEBUG"},
                                                       {LogLevel::info, "INFO"},
                                                       {LogLevel::warn, "WARN"},
                                                       {LogLevel::error, "ERROR"}};
    std::string line = names.at(record.level) + " " + std::string(record.message);
    for (const auto& [key, value] : record.fields) {
      if (value.is_string()) line += " " + key + "=" + value.as_string();
      if (value.is_int()) line += " " + key + "=" + std::to_string(value.as_int());
    }
    lines.push_back(std::move(line));
  }
  Journal lines;
};

// The same number always; 2^63 stands for no deviation at all.
class ConstantRandom final : public Random {
 public:
  uint64_t next() override { return value; }
  void secure_bytes(void*, size_t) override {}
  uint64_t value = uint64_t{1} << 63;
};

class SupervisorTest : public testing::Test {
 protected:
  static EntryId id(const std::string& name) { return {"app", name}; }

  // auto_start, retries after 1 s, 2 s, 4 s … without jitter.
  static app::Lifecycle lifecycle() {
    app::Lifecycle lifecycle;
    lifecycle.auto_start = true;
    lifecycle.restart.jitter = -1;
    return lifecycle;
  }

  ScriptedService& add(const std::string& name, const std::vector<std::string>& refs = {},
                       app::Lifecycle with = lifecycle()) {
    auto service = std::make_shared<ScriptedService>(name, journal);
    std::vector<EntryId> ids;
    for (const std::string& ref : refs) ids.push_back(id(ref));
    EXPECT_TRUE(supervisor.add({id(name), std::move(with), std::move(ids), service}));
    return *service;
  }

  ServiceStatus status(const std::string& name) { return supervisor.status(id(name)).value(); }
  ServiceState state(const std::string& name) { return status(name).state; }
  std::string details(const std::string& name) {
    const auto details = status(name).details;
    if (const auto* text = std::get_if<std::string>(&details)) return *text;
    if (const auto* error = std::get_if<Error>(&details)) return "error: " + error->message;
    return {};
  }
  // Records whose text contains `part`.
  size_t logged(const std::string& part) const {
    size_t count = 0;
    for (const std::string& line : sink->lines) count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
  // Keeps the result of a request.
  ServiceDone into(std::optional<Result<>>& result) {
    return [&result](Result<> value) { result = std::move(value); };
  }

  Journal journal;
  Journal updates;
  sched::VirtualTimers timers;
  ConstantRandom random;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  Supervisor supervisor{{timers, random, Log(sink, "core"), [this](const ServiceStatus& status) {
                           updates.push_back(status.id.name + " " + std::string(name_of(status.state)));
                         }}};
};

}  // namespace trivium::units
