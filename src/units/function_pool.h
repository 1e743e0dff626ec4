// Bounds how many calls of one function run at once and keeps their Lua states between calls. A worker is one
// isolate; it serves one call at a time. What differs between the kinds of pools is how many workers there
// may be and when idle ones go:
//
//   lazy      as many as are needed up to the most; all go after half a minute without a call
//   static    a fixed number, made when the runtime starts; they stay
//   inline    one
//   adaptive  between one and the most, as AdaptiveSize says
//
// Others are made by the first call that needs them. The top-level code of all of them runs in their first
// call.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/lua_entry.h"
#include "lua/isolate.h"
#include "sched/ref.h"
#include "sched/timers.h"
#include "units/adaptive_size.h"
#include "units/call_metrics.h"

namespace trivium::units {

class Process;

// Thread-safe. Shared by the function registry and the calls in flight.
class FunctionPool : public std::enable_shared_from_this<FunctionPool> {
 public:
  // `generation`: how many pools of this function there have been, itself included.
  FunctionPool(std::string id, lua::ProgramRef program, app::PoolOptions options, const Value& call_options,
               uint64_t generation = 1);
  ~FunctionPool();

  const std::string& id() const { return id_; }
  // Host part of the PIDs of its calls.
  const std::string& host() const { return host_; }
  uint64_t generation() const { return generation_; }
  const lua::ProgramRef& program() const { return program_; }
  // meta.options: defaults of the call options; null when there are none.
  const std::shared_ptr<const Object>& call_options() const { return call_options_; }
  CallMetrics& metrics() { return metrics_; }

  // Lets workers come and go with time, on the timers' thread. Before the first call; without it their number
  // stays. The timers outlive the calls.
  void keep_size(sched::Timers& timers) { timers_ = &timers; }

  // Makes the workers of a static pool. Before the first call; without it each is made by a call, and so is
  // one that could not be made now.
  void make_workers(const lua::IsolateOptions& options);

  // Gives the call a worker, an idle one or a new one, for the caller to run it on. False: all there may be
  // are taken.
  bool begin_now(Process& call);
  // Launches the call on an idle worker or a new one; queues it, first come first served, while all
  // there may be are taken. Never refuses.
  void run(const sched::Ref<Process>& call);
  // A call has ended; its isolate is null when it never had one or is not fit for another call.
  // Launches the next in the queue.
  void give_back(std::unique_ptr<lua::Isolate> isolate);
  // The call no longer waits for a worker. False when it had one already.
  bool withdraw(const Process& call);

  // Of a lazy pool: idle workers go at once, not after half a minute.
  void drop_idle();

  struct Figures {
    size_t active = 0;
    size_t idle = 0;
    size_t waiting = 0;
    size_t most = 0;  // workers there may be now
  };
  Figures figures() const;

 private:
  using Isolates = std::vector<std::unique_ptr<lua::Isolate>>;

  void watch();
  void evaluate();
  bool trim(Isolates& gone);
  bool adapt(Isolates& gone, std::vector<sched::Ref<Process>>& served);
  void begin(Process& call);

  const std::string id_;
  const uint64_t generation_;
  const std::string host_;
  const lua::ProgramRef program_;
  const app::PoolOptions::Type type_;
  const std::shared_ptr<const Object> call_options_;
  CallMetrics metrics_;
  sched::Timers* timers_ = nullptr;

  mutable std::mutex mutex_;
  size_t most_;
  Isolates idle_;  // the most recently used last
  std::deque<sched::Ref<Process>> waiting_;
  size_t active_ = 0;
  // Since the last evaluation; evaluations go on only while they may change something.
  size_t peak_ = 0;
  int unused_ = 0;  // lazy: evaluations in a row that saw no call
  std::optional<AdaptiveSize> adaptive_;
  bool watched_ = false;
};

}  // namespace trivium::units
