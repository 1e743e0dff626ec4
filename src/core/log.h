// Structured log records. Rooms log through Log; what becomes of a record (format, stream, level)
// is decided once, at start, by the command line.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/value.h"

namespace trivium {

enum class LogLevel { debug = -1, info = 0, warn = 1, error = 2 };

struct LogRecord {
  LogLevel level;
  std::string_view logger;  // "core", "run", "app.jobs", may be empty
  std::string_view message;
  const Object& fields;
};

// Where records go. write() is called from any thread and must not block for long.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void write(const LogRecord& record) = 0;
};

// A named handle to a sink; cheap to copy. Thread-safe.
class Log {
 public:
  Log() = default;
  Log(std::shared_ptr<LogSink> sink, std::string name) : sink_(std::move(sink)), name_(std::move(name)) {}

  bool enabled(LogLevel level) const { return sink_ && sink_->enabled(level); }
  Log named(std::string_view name) const {
    return Log(sink_, name_.empty() ? std::string(name) : name_ + "." + std::string(name));
  }
  // The same sink under another top-level name.
  Log renamed(std::string_view name) const { return Log(sink_, std::string(name)); }

  void write(LogLevel level, std::string_view message, const Object& fields = {}) const {
    if (enabled(level)) sink_->write({level, name_, message, fields});
  }
  void debug(std::string_view message, const Object& fields = {}) const {
    write(LogLevel::debug, message, fields);
  }
  void info(std::string_view message, const Object& fields = {}) const {
    write(LogLevel::info, message, fields);
  }
  void warn(std::string_view message, const Object& fields = {}) const {
    write(LogLevel::warn, message, fields);
  }
  void error(std::string_view message, const Object& fields = {}) const {
    write(LogLevel::error, message, fields);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::string name_;
};

}  // namespace trivium
