// Where log records go: one stream in one format (LogOutput), behind a router that holds the level
// and can be redirected while the program runs. Everything here is thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.h"
#include "core/log.h"

namespace trivium::cli {

enum class LogFormat { plain, console, json, silent };

// Writes every record it is given as one line with one write(2), whatever its level. A record that
// cannot be written (closed pipe, full disk) is dropped.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  virtual void write(const LogRecord& record) = 0;
};

struct LogOutputOptions {
  LogFormat format = LogFormat::plain;
  int fd = -1;        // borrowed; -1 is the stream the format belongs to: stderr for plain, else stdout
  bool color = true;  // console only; taken back when the stream is no terminal
  bool color_always = false;
  const Clock* clock = nullptr;  // borrowed; the system's when null
};

// Never null; LogFormat::silent gives an output that drops everything.
std::unique_ptr<LogOutput> make_log_output(const LogOutputOptions& options);

// What happens to a record.
struct LogRouting {
  bool output = true;   // to the stream, if its level reaches `level`
  bool events = false;  // every record to the event hook
  LogLevel level = LogLevel::info;

  bool operator==(const LogRouting&) const = default;
};

// Receives a record and its wall time in Unix nanoseconds; called on the logging thread. Records
// logged from inside the hook are not given to it again.
using LogEventHook = std::function<void(const LogRecord&, int64_t wall_ns)>;

class LogRouter final : public LogSink, public std::enable_shared_from_this<LogRouter> {
 public:
  LogRouter(std::unique_ptr<LogOutput> output, LogRouting base, const Clock& clock = system_clock());
  ~LogRouter() override;

  bool enabled(LogLevel level) const override {
    return static_cast<int>(level) >= gate_.load(std::memory_order_relaxed);
  }
  void write(const LogRecord& record) override;

  // Changes the routing that holds when nothing is pushed.
  void set_base(LogRouting routing);
  void set_level(LogLevel level);
  void set_event_hook(LogEventHook hook);
  LogRouting current() const;

  // Ends its redirection when it goes, in any order with others: the newest one left counts.
  class Redirection {
   public:
    Redirection() = default;
    Redirection(Redirection&& other) noexcept { *this = std::move(other); }
    Redirection& operator=(Redirection&& other) noexcept;
    ~Redirection() { restore(); }
    void restore();

   private:
    friend class LogRouter;
    std::weak_ptr<LogRouter> router_;
    uint64_t id_ = 0;
  };
  // Needs the router to be owned by a shared_ptr.
  [[nodiscard]] Redirection push(LogRouting routing);

 private:
  struct Pushed {
    uint64_t id;
    LogRouting routing;
  };

  void pop(uint64_t id);
  void update_gate();  // with mutex_ held

  const std::unique_ptr<LogOutput> output_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  LogRouting base_;
  std::vector<Pushed> pushed_;
  std::shared_ptr<const LogEventHook> hook_;
  uint64_t next_id_ = 1;
  std::atomic<int> gate_{0};  // lowest level anybody wants
};

// The routing of a process that draws on the terminal itself (terminal.host with hide_logs).
inline constexpr LogRouting hidden_logs{.output = false, .events = true, .level = LogLevel::debug};

}  // namespace trivium::cli
