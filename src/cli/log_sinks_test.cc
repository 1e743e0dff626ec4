#include "cli/log_sinks.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <thread>

#include "cli/log_format.h"

namespace trivium::cli {
namespace {

class FixedClock final : public Clock {
 public:
  int64_t wall_ns() const override { return 1738331102123000000; }  // 2025-01-31 13:45:02.123 UTC
  int64_t monotonic_ns() const override { return monotonic; }
  int64_t monotonic = 0;
};

// Sets the time zone for the life of the object.
class Zone {
 public:
  explicit Zone(const char* name) : before_(getenv("TZ") ? getenv("TZ") : "") { set(name); }
  ~Zone() { set(before_.c_str()); }

 private:
  static void set(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  std::string before_;
};

// The reading end of what an output writes.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  int fd() const { return ends_[1]; }
  std::string read_all() {
    close_writer();
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(ends_[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<size_t>(n));
    return text;
  }

 private:
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  int ends_[2];
};

const Object fields{{"k", "v"}, {"n", 1}};
const Object no_fields;

std::string written(LogOutputOptions options, const LogRecord& record) {
  Pipe pipe;
  options.fd = pipe.fd();
  make_log_output(options)->write(record);
  return pipe.read_all();
}

TEST(LogFormat, Plain) {
  Zone zone("UTC");
  FixedClock clock;
  EXPECT_EQ(
      written({.format = LogFormat::plain, .clock = &clock}, {LogLevel::info, "core", "message", fields}),
      "2025-01-31 13:45:02\tINFO\tcore\tmessage\t{\"k\": \"v\", \"n\": 1}\n");
  EXPECT_EQ(written({.format = LogFormat::plain, .clock = &clock}, {LogLevel::warn, "", "m", no_fields}),
            "2025-01-31 13:45:02\tWARN\tm\n");
}

TEST(LogFormat, PlainShowsLocalTime) {
  Zone zone("UTC-3");  // POSIX counts westwards: this is +03:00
  FixedClock clock;
  EXPECT_EQ(written({.format = LogFormat::plain, .clock = &clock}, {LogLevel::error, "", "m", no_fields}),
            "2025-01-31 16:45:02\tERROR\tm\n");
}

TEST(LogFormat, PlainKeepsARecordOnOneLine) {
  EXPECT_EQ(plain_columns({LogLevel::info, "", "a\nb\r", no_fields}), "INFO\ta\\nb\\r");
}

TEST(LogFormat, Json) {
  Zone zone("UTC");
  FixedClock clock;
  EXPECT_EQ(
      written({.format = LogFormat::json, .clock = &clock}, {LogLevel::info, "core", "say \"hi\"", fields}),
      "{\"level\":\"info\",\"ts\":\"2025-01-31T13:45:02.123Z\",\"logger\":\"core\",\"msg\":\"say "
      "\\\"hi\\\"\",\"k\":"
      "\"v\",\"n\":1}\n");
  EXPECT_EQ(written({.format = LogFormat::json, .clock = &clock}, {LogLevel::warn, "", "m", no_fields}),
            "{\"level\":\"warn\",\"ts\":\"2025-01-31T13:45:02.123Z\",\"msg\":\"m\"}\n");
}

TEST(LogFormat, JsonZoneOffset) {
  Zone zone("UTC+3:30");
  FixedClock clock;
  EXPECT_EQ(written({.format = LogFormat::json, .clock = &clock}, {LogLevel::debug, "", "m", no_fields}),
            "{\"level\":\"debug\",\"ts\":\"2025-01-31T10:15:02.123-03:30\",\"msg\":\"m\"}\n");
}

TEST(LogFormat, ConsolePadsItsColumns) {
  EXPECT_EQ(console_line({LogLevel::info, "core", "message", fields}, 0.42, false),
            "  0.42s\tINFO \tcore        \tmessage\t{\"k\": \"v\", \"n\": 1}");
  EXPECT_EQ(console_line({LogLevel::error, "a.longer.name.x", "m", no_fields}, 1234.5, false),
            "1234.50s\tERROR\ta.longer.name.x\tm");
  EXPECT_EQ(console_line({LogLevel::warn, "", "m", no_fields}, 0, false), "  0.00s\tWARN \tm");
}

TEST(LogFormat, ConsoleColorsLevelsAndNames) {
  const std::string line = console_line({LogLevel::debug, "core", "m", no_fields}, 0, true);
  EXPECT_EQ(line.find("\x1b[36mDEBUG\x1b[0m\t\x1b["), std::string("  0.00s\t").size());
  EXPECT_EQ(line, console_line({LogLevel::debug, "core", "m", no_fields}, 0, true));
  EXPECT_NE(console_line({LogLevel::error, "", "m", no_fields}, 0, true).find("\x1b[31mERROR"),
            std::string::npos);
}

TEST(LogFormat, ConsoleCountsFromItsStartAndHasNoColorOffATerminal) {
  FixedClock clock;
  Pipe pipe;
  const auto output = make_log_output({.format = LogFormat::console, .fd = pipe.fd(), .clock = &clock});
  clock.monotonic = 420'000'000;
  output->write({LogLevel::info, "core", "m", no_fields});
  EXPECT_EQ(pipe.read_all(), "  0.42s\tINFO \tcore        \tm\n");
}

TEST(LogFormat, SilentWritesNothing) {
  EXPECT_EQ(written({.format = LogFormat::silent}, {LogLevel::error, "core", "m", no_fields}), "");
}

TEST(LogOutput, RecordsOfManyThreadsDoNotMix) {
  char path[] = "/tmp/trivium-log-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  unlink(path);
  {
    const auto output = make_log_output({.format = LogFormat::plain, .fd = fd});
    std::vector<std::thread> threads;
    for (char letter : {'a', 'b', 'c'}) {
      threads.emplace_back([&output, text = std::string(20000, letter)] {
        for (int i = 0; i < 20; ++i) output->write({LogLevel::info, "", text, no_fields});
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::string text(2 << 20, '\0');
  text.resize(static_cast<size_t>(pread(fd, text.data(), text.size(), 0)));
  close(fd);
  size_t lines = 0;
  for (size_t at = 0; at < text.size(); ++lines) {
    const size_t end = text.find('\n', at);
    const std::string_view message = std::string_view(text).substr(at + 25, end - at - 25);
    ASSERT_EQ(message.size(), 20000u);
    ASSERT_EQ(message.find_first_not_of(message.front()), std::string::npos);
    at = end + 1;
  }
  EXPECT_EQ(lines, 60u);
}

// --- routing ---------------------------------------------------------------------------------------

class Recorder final : public LogOutput {
 public:
  explicit Recorder(std::vector<std::string>& into) : into_(into) {}
  void write(const LogRecord& record) override { into_.emplace_back(record.message); }

 private:
  std::vector<std::string>& into_;
};

struct Routed {
  std::vector<std::string> output;
  std::vector<std::string> events;
  std::shared_ptr<LogRouter> router;
  Log log;

  explicit Routed(LogRouting base)
      : router(std::make_shared<LogRouter>(std::make_unique<Recorder>(output), base)) {
    log = Log(router, "core");
  }
  void hook() {
    router->set_event_hook([this](const LogRecord& record, int64_t) { events.emplace_back(record.message); });
  }
};

using Lines = std::vector<std::string>;

TEST(LogRouter, DropsWhatIsBelowTheLevel) {
  Routed routed({.level = LogLevel::warn});
  EXPECT_FALSE(routed.log.enabled(LogLevel::info));
  routed.log.info("no");
  routed.log.warn("yes");
  EXPECT_EQ(routed.output, Lines{"yes"});
}

TEST(LogRouter, LevelChangesAtRunTime) {
  Routed routed({});
  routed.log.debug("no");
  routed.router->set_level(LogLevel::debug);
  routed.log.debug("yes");
  EXPECT_EQ(routed.output, Lines{"yes"});
}

TEST(LogRouter, EventsReceiveEveryLevel) {
  Routed routed({.events = true, .level = LogLevel::error});
  EXPECT_FALSE(routed.log.enabled(LogLevel::info));  // nobody listens yet
  routed.hook();
  routed.log.debug("a");
  routed.log.error("b");
  EXPECT_EQ(routed.output, Lines{"b"});
  EXPECT_EQ(routed.events, (Lines{"a", "b"}));
}

TEST(LogRouter, EventHookSeesNameFieldsAndTime) {
  FixedClock clock;
  Lines ignored;
  auto router =
      std::make_shared<LogRouter>(std::make_unique<Recorder>(ignored), LogRouting{.events = true}, clock);
  bool seen = false;
  router->set_event_hook([&](const LogRecord& record, int64_t time) {
    seen = record.logger == "core" && record.fields == fields && time == clock.wall_ns();
  });
  Log(router, "core").info("m", fields);
  EXPECT_TRUE(seen);
}

TEST(LogRouter, LoggingInsideTheHookDoesNotRecurse) {
  Routed routed({.events = true});
  routed.router->set_event_hook([&](const LogRecord& record, int64_t) {
    routed.events.emplace_back(record.message);
    routed.log.info("from the hook");
  });
  routed.log.info("a");
  EXPECT_EQ(routed.events, Lines{"a"});
  EXPECT_EQ(routed.output, (Lines{"a", "from the hook"}));
}

TEST(LogRouter, HiddenLogsGoToEventsOnly) {
  Routed routed({});
  routed.hook();
  {
    auto hidden = routed.router->push(hidden_logs);
    EXPECT_EQ(routed.router->current(), hidden_logs);
    routed.log.debug("hidden");
  }
  routed.log.info("shown");
  EXPECT_EQ(routed.events, Lines{"hidden"});
  EXPECT_EQ(routed.output, Lines{"shown"});
}

TEST(LogRouter, RedirectionsEndInAnyOrder) {
  Routed routed({});
  auto first = routed.router->push(hidden_logs);
  auto second = routed.router->push({.output = true, .level = LogLevel::error});
  first.restore();
  EXPECT_EQ(routed.router->current().level, LogLevel::error);
  second.restore();
  EXPECT_EQ(routed.router->current(), LogRouting{});
}

TEST(LogRouter, RedirectionMayOutliveTheRouter) {
  LogRouter::Redirection redirection;
  {
    Routed routed({});
    redirection = routed.router->push(hidden_logs);
    routed.log = Log();
  }
  redirection.restore();
}

}  // namespace
}  // namespace trivium::cli
