// One execution with a PID: a process, or one call of a function. It owns (or borrows, for a pooled
// function) an isolate, carries its commands out, and ends with an exit that watchers, links and
// whoever started it hear about.
//
// Lifetime: reference counted; the process table holds a reference from publish() to completion.
// Threads: post, kill and the relations may be used from any thread; everything else belongs to the
// worker that runs it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/frame.h"
#include "lua/isolate.h"
#include "sched/lane.h"
#include "sched/runnable.h"
#include "sched/timers.h"
#include "units/call_scope.h"
#include "units/envelope.h"

namespace trivium::units {

class ActivityContext;
class Node;
class ProcessHost;
class FunctionPool;
class ProcessTimer;

// How an execution ended.
struct Exit {
  Boxed<Error> error;
  Values values;  // the result, or none
};

struct ProcessSpec {
  lua::SharedText host;  // host part of the PID, when neither the pool nor the process host says it
  lua::ProgramRef program;
  Values arguments;
  FrameRef frame;
  std::shared_ptr<CallScope> parent_scope;    // of whoever called it; null for processes that were spawned
  lua::SharedText caller;                     // of a process called like a function: its PID
  std::shared_ptr<FunctionPool> pool;         // of calls
  int64_t timed_from_ns = 0;                  // of calls: when it was begun; 0: it is not timed
  std::shared_ptr<ActivityContext> activity;  // of calls that are attempts of an activity
  std::shared_ptr<ProcessHost> process_host;  // of processes
  sched::Ref<sched::Lane> lane;
  int64_t restarts = 0;
  // Called once, on a worker, after watchers and links were told.
  std::function<void(Process&, Exit&)> on_exit;
  // Of calls without it: the end is the reply to this operation of the caller.
  Process* waiter = nullptr;
  lua::OpId op = 0;
  // Of a call to be run with run_inside: where the end goes if it comes before that returns.
  std::optional<Exit>* at_once = nullptr;
};

class Process final : public sched::Runnable, private lua::Host {
 public:
  Process(Node& node, ProcessSpec spec);
  ~Process() override;

  // Builds the isolate of a process and runs its top-level code within the slice of `starter`, whose code
  // waits for it. False: it takes longer; load_later() goes on. Without, the code is loaded when it is
  // launched.
  Result<bool> load_for(Process& starter);
  // Loads, or goes on loading, on its own lane; `on_loaded` is called once, on a worker, also when it is
  // killed meanwhile.
  void load_later(std::function<void(Result<>)> on_loaded);
  // Whoever wanted it is gone: ends it if it is still loading.
  void stop_loading();
  // Enters the process table: from here on the PID can be addressed.
  void publish();
  // Kills it with `error` unless it has ended by then. Before publish.
  void limit_time(Duration timeout, Error error);
  // Makes the entry function run. After publish.
  void launch();
  // A call that waits for a worker: only being killed makes it run. After publish.
  void wait_for_worker();
  // A message that is there when the entry function begins. Before publish.
  void preload(lua::Message message) { mailbox_.push(std::move(message)); }
  // A call that is not run inside its caller's slice, or no longer: its end goes to on_exit.
  void detach();
  // Undoes loading, publish, watchers and links of a process that was never launched.
  void discard();
  // Lets go of everything others hold in turn: for what is left when the scheduler has stopped for good.
  void abandon();

  uint64_t serial() const { return serial_; }
  // A call that runs inside its caller's slice has a PID only once somebody wants to know it; these make it
  // known. Then on the worker that runs it only, otherwise from any thread.
  const std::string& pid_text() { return shared_pid(); }
  const lua::SharedText& shared_pid() {
    if (pid_.empty()) become_known();
    return pid_;
  }
  const std::string& pid_text() const { return pid_; }
  const std::string& entry() const { return spec_.program->id; }
  const std::string& host_id() const;
  const FrameRef& context() const { return spec_.frame; }
  Node& node() { return node_; }
  // Of what it calls. On the worker that runs it.
  const std::shared_ptr<CallScope>& scope();
  bool is_call() const { return static_cast<bool>(spec_.pool); }
  // Null: it is no attempt of an activity.
  ActivityContext* activity() const { return spec_.activity.get(); }
  ProcessHost* process_host() const { return spec_.process_host.get(); }

  // Of a process on a terminal; others have handed theirs to their code.
  const Values& arguments() const { return spec_.arguments; }

  // --- from any thread ----------------------------------------------------------------------------

  bool ended() const { return mailbox_.closed(); }
  // What becomes an Envelope. False when the process has ended.
  template <class T>
  bool post(T&& envelope) {
    if (!mailbox_.push(std::forward<T>(envelope))) return false;
    has_mail();
    return true;
  }
  void post_reply(lua::OpId op, lua::Reply reply) { post(ReplyEnvelope{op, std::move(reply)}); }
  // Ends it with `error`; Lua code that is computing is interrupted.
  void kill(Error error);
  // Nobody waits for its result any more: ends a call, and asks a process that was called like a function
  // to stop.
  void cancel_call(std::string_view reason);
  // An event table on process.events(). `extra` is laid over kind, from and at.
  bool post_event(std::string_view kind, std::string_view from, Object extra);

  // EXIT of the unit `from`, local or of a provider.
  bool post_exit(std::string_view from, const Boxed<Error>& error, const Values& values);

  // Entries with these ids changed. If it asked to hear of that (upgradable) and they are among those its
  // code is made of, it gets an OUTDATED event; one it has not read yet tells of both.
  void post_outdated(std::shared_ptr<const std::set<std::string>> changed);

  // Its host stops: CANCEL, and the end at once when nothing but a message, which cannot come any more,
  // would make it go on.
  void ask_to_stop(std::string_view from, std::string_view reason);

  // `watcher` gets EXIT once this ends. Fails: gone, or monitored already.
  Result<> add_watcher(Process& watcher);
  void remove_watcher(const Process& watcher);
  // Symmetric. Fails when either is gone.
  static Result<> link(Process& a, Process& b);
  static void unlink(Process& a, Process& b);

  // A name was registered for its PID.
  void note_name() { has_names_.store(true, std::memory_order_release); }

  bool trap_links() const { return trap_links_.load(std::memory_order_relaxed); }
  void set_trap_links(bool on) { trap_links_.store(on, std::memory_order_relaxed); }

  // The process of this node with this PID, or null. Holds on until the next call. Code that sends tends to
  // send to the same process again: it is found without a look into the process table.
  Process* correspondent(std::string_view pid);

  // How it is doing, at about this moment.
  struct Figures {
    std::string_view state;  // loading, queued, running, waiting
    int64_t started_ns = 0;  // monotonic
    size_t mailbox = 0;      // messages it has not taken
    size_t memory = 0;       // bytes of its isolate
    size_t watchers = 0;
    size_t links = 0;
  };
  Figures figures() const;
  // How often whoever keeps it running has started it before.
  int64_t restarts() const { return spec_.restarts; }

  // --- for commands, on the running worker -----------------------------------------------------------

  lua::Isolate& isolate() { return *isolate_; }
  bool kill_requested() const { return kill_requested_.load(std::memory_order_relaxed); }
  // Replies to `op` once after `delay`, or every `delay`, with the wall-clock time. Ends when the
  // operation is abandoned or the process ends.
  void start_timer(lua::OpId op, Duration delay, bool periodic);
  // Whether its code may do this to that.
  bool allows(std::string_view action, std::string_view resource) override;
  // Asks run() to replace the code: see Upgrade.
  void request_upgrade(std::string id, Values arguments);
  // Runs when the process ends, whatever the reason, or replaces its code, unless a reply to `op` came
  // before. 0: for good.
  void at_end(lua::OpId op, std::function<void()> action) {
    extras().at_end.emplace_back(op, std::move(action));
  }
  // The same when the process itself ends, not only its present code: what belongs to the PID.
  void at_exit(std::function<void()> action) {
    (void)shared_pid();
    extras().at_exit.push_back(std::move(action));
  }

  // --- for the pool ---------------------------------------------------------------------------------

  void lend(std::unique_ptr<lua::Isolate> isolate) { isolate_ = std::move(isolate); }

 private:
  sched::Outcome run() override;
  sched::Outcome run_inside() override;
  void preempt() noexcept override;
  void fetch_ahead(size_t turns) noexcept override;

  lua::Dispatch dispatch(lua::Isolate& isolate, lua::Command& command, lua::OpId op,
                         lua::Reply& reply) override;
  bool answers_at_once(const lua::Command& command) override;
  void abandon(lua::Isolate& isolate, lua::OpId op) override;
  bool deliver_all(lua::Isolate& isolate) override;
  void poll(lua::Isolate& isolate) override;
  int64_t now_ns() override;
  int64_t clock_ns() override;
  uint64_t random() override;
  const std::string& pid() override { return pid_text(); }
  const std::string& entry_id() override { return entry(); }
  const FrameRef& frame() override { return spec_.frame; }
  void log(LogLevel level, std::string_view logger, std::string_view message, Object fields) override;
  bool log_enabled(LogLevel level) override;
  void dropped(std::string_view operation, std::string_view path, std::string_view type) override;

  lua::UnitOptions unit_options() override {
    return {trap_links(), upgradable_.load(std::memory_order_relaxed)};
  }
  void set_unit_options(const lua::UnitOptions& options) override {
    set_trap_links(options.trap_links);
    upgradable_.store(options.upgradable, std::memory_order_relaxed);
  }

  struct Relations {
    std::vector<sched::Ref<Process>> watchers;
    size_t prune_at = 16;  // watchers: time to forget those that have ended
    std::vector<sched::Ref<Process>> links;
    bool ended = false;
  };

  static uint64_t end_of(std::string_view pid);
  void become_known();
  void has_mail();
  Result<> build_isolate();
  Result<bool> load();
  sched::Outcome go_on_loading();
  void take_mail();
  // Part of run(): why it is, lua::Isolate says where it resumes.
  [[gnu::always_inline]] inline sched::Outcome step();
  size_t note_memory();
  void take(Envelope& envelope);
  void take(LinkDown& down);
  void take_outdated(const std::set<std::string>& changed);
  void publish_life(std::string_view kind, const Error* error);
  void release_resources();
  sched::Outcome upgrade();
  Result<> load_upgrade();
  void complete(Exit exit);
  void report(const Exit& exit, const Relations& relations);
  void end_as_loaded(Result<> loaded);

  struct Upgrading {
    std::string id;
    Values arguments;
  };
  // What most processes never have.
  struct Extras {
    std::vector<Envelope> left;  // came before what is in the mailbox, and waits for the end of the slice
    std::function<void(Result<>)> on_loaded;
    std::vector<std::shared_ptr<ProcessTimer>> timers;
    std::vector<std::pair<lua::OpId, std::function<void()>>> at_end;
    std::vector<std::function<void()>> at_exit;
  };
  Extras& extras() {
    if (!extras_) extras_ = std::make_unique<Extras>();
    return *extras_;
  }
  // The OUTDATED event that was sent last.
  struct Outdated {
    std::set<std::string> sources;
    Values event;
  };
  Relations end_relations();

  // --- what every message looks at: close together, and close to what the base class has ---------------

  Node& node_;
  Mailbox mailbox_;
  // Until it is launched nothing but a kill makes its entry function run, and while it is held not even
  // that: whoever starts it still has to enter it everywhere.
  enum class Stage : uint8_t { held, loading, waiting, launched };
  std::atomic<Stage> stage_{Stage::held};
  std::atomic<bool> kill_requested_{false};
  std::atomic<bool> trap_links_{false};
  std::atomic<bool> has_names_{false};
  std::atomic<bool> upgradable_{false};
  bool known_ = false;      // in the process table
  bool begun_ = false;      // the entry function of its present code
  bool upgraded_ = false;   // its code is not that of its start
  bool looking_ = false;    // this run begins with what came
  bool computing_ = false;  // pre-empted, or about to begin: what came meanwhile is looked at when it waits
  bool stopping_ = false;
  std::unique_ptr<lua::Isolate> isolate_;
  std::atomic<lua::Isolate*> running_{nullptr};
  std::vector<Envelope> mail_;         // being taken; kept for its capacity
  sched::Ref<Process> correspondent_;  // let go of at the end: two may hold each other
  uint64_t correspondent_end_ = 0;     // of its PID
  Boxed<Error> killed_;
  std::unique_ptr<Extras> extras_;
  std::unique_ptr<Upgrading> upgrading_;
  lua::SharedText pid_;
  // For figures(), as of the last slice.
  std::atomic<size_t> memory_{0};
  std::atomic<size_t> untaken_{0};

  // --- the rest -------------------------------------------------------------------------------------

  ProcessSpec spec_;
  const uint64_t serial_;
  std::shared_ptr<CallScope> scope_;  // null until it is asked for
  std::unique_ptr<Outdated> outdated_;
  sched::TimerId deadline_ = sched::TimerId::none;
  int64_t created_ns_ = 0;
  mutable SpinLock relations_lock_;
  Relations relations_;
};

}  // namespace trivium::units
