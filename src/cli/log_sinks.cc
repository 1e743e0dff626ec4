// The only file that includes spdlog, used header-only: loading its shared library would cost more
// than the whole start of the program.
#include "cli/log_sinks.h"

#include <poll.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>

#include "cli/log_format.h"

namespace trivium::cli {
namespace {

// spdlog's lock and formatter over a bare descriptor. Its own stream sinks go through stdio, whose
// buffer splits long records.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  DescriptorSink(int fd, std::unique_ptr<spdlog::formatter> formatter)
      : base_sink(std::move(formatter)), fd_(fd) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* data = line.data();
    size_t left = line.size();
    while (left > 0) {
      const ssize_t written = ::write(fd_, data, left);
      if (written >= 0) {
        data += written;
        left -= static_cast<size_t>(written);
      } else if (errno == EAGAIN) {  // a terminal somebody set non-blocking
        pollfd waiting{fd_, POLLOUT, 0};
        if (::poll(&waiting, 1, 1000) <= 0) return;
      } else if (errno != EINTR) {
        return;
      }
    }
  }
  void flush_() override {}

 private:
  const int fd_;
};

// Z or +02:00; spdlog's own %z writes UTC as +00:00.
class ZoneFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm& time, spdlog::memory_buf_t& out) override {
    const long minutes = time.tm_gmtoff / 60;
    if (minutes == 0) {
      out.push_back('Z');
      return;
    }
    const long size = minutes < 0 ? -minutes : minutes;
    char text[16];
    const int length =
        std::snprintf(text, sizeof text, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', size / 60, size % 60);
    out.append(text, text + length);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<ZoneFlag>(); }
};

// "warn" where spdlog says "warning".
class LevelFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const auto name =
        level_name(static_cast<LogLevel>(static_cast<int>(message.level) - spdlog::level::info));
    out.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelFlag>(); }
};

std::unique_ptr<spdlog::formatter> make_formatter(const char* pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::local, "\n");
  formatter->add_flag<ZoneFlag>('Z').add_flag<LevelFlag>('*').set_pattern(pattern);
  return formatter;
}

// spdlog writes the time, log_format.h the rest: spdlog's patterns know neither fields nor columns
// that come and go.
class StreamOutput : public LogOutput {
 public:
  StreamOutput(int fd, const char* pattern, const Clock& clock)
      : clock_(clock), sink_(fd, make_formatter(pattern)) {}

 protected:
  void put(LogLevel level, const std::string& payload) {
    const auto time = spdlog::log_clock::time_point(
        std::chrono::duration_cast<spdlog::log_clock::duration>(std::chrono::nanoseconds(clock_.wall_ns())));
    const auto spd_level =
        static_cast<spdlog::level::level_enum>(static_cast<int>(level) + spdlog::level::info);
    sink_.log(spdlog::details::log_msg(time, {}, {}, spd_level, payload));
  }

  const Clock& clock_;

 private:
  DescriptorSink sink_;
};

class PlainOutput final : public StreamOutput {
 public:
  PlainOutput(int fd, const Clock& clock) : StreamOutput(fd, "%Y-%m-%d %H:%M:%S\t%v", clock) {}
  void write(const LogRecord& record) override { put(record.level, plain_columns(record)); }
};

class JsonOutput final : public StreamOutput {
 public:
  JsonOutput(int fd, const Clock& clock)
      : StreamOutput(fd, "{\"level\":\"%*\",\"ts\":\"%Y-%m-%dT%H:%M:%S.%e%Z\"%v", clock) {}
  void write(const LogRecord& record) override { put(record.level, json_members(record)); }
};

class ConsoleOutput final : public StreamOutput {
 public:
  ConsoleOutput(int fd, bool color, const Clock& clock)
      : StreamOutput(fd, "%v", clock), color_(color), start_(clock.monotonic_ns()) {}
  void write(const LogRecord& record) override {
    const double seconds = static_cast<double>(clock_.monotonic_ns() - start_) / 1e9;
    put(record.level, console_line(record, seconds, color_));
  }

 private:
  const bool color_;
  const int64_t start_;
};

class SilentOutput final : public LogOutput {
 public:
  void write(const LogRecord&) override {}
};

}  // namespace

std::unique_ptr<LogOutput> make_log_output(const LogOutputOptions& options) {
  const Clock& clock = options.clock ? *options.clock : system_clock();
  const int own = options.format == LogFormat::plain ? STDERR_FILENO : STDOUT_FILENO;
  const int fd = options.fd >= 0 ? options.fd : own;
  switch (options.format) {
    case LogFormat::plain:
      return std::make_unique<PlainOutput>(fd, clock);
    case LogFormat::json:
      return std::make_unique<JsonOutput>(fd, clock);
    case LogFormat::console: {
      const bool color = options.color_always || (options.color && ::isatty(fd) == 1);
      return std::make_unique<ConsoleOutput>(fd, color, clock);
    }
    case LogFormat::silent:
      break;
  }
  return std::make_unique<SilentOutput>();
}

}  // namespace trivium::cli
