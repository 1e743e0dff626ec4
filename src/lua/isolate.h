// One Lua VM running one entry: its coroutines, channels and mailbox. An isolate never waits and
// never touches a clock, a socket or a disk; it yields commands to its host and is resumed with
// their replies.
//
// Threads: one thread at a time, whichever; interrupt() and kill() alone may be called from others.
// Ownership: the isolate owns its Lua state; the host must outlive it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lua/channel.h"
#include "lua/environment.h"
#include "lua/host.h"
#include "lua/memory.h"
#include "lua/message.h"
#include "lua/program.h"
#include "lua/task.h"
#include "lua/topic_mailbox.h"

namespace trivium::lua {

struct IsolateOptions {
  const Environment* environment = nullptr;  // outlives the isolate
  size_t memory_limit = 0;                   // bytes; 0: none
  unsigned hash_seed = 0;                    // order of string keys in tables: fixed in workflows
  bool repeatable = false;                   // nothing that code can see depends on addresses: workflows
  OpId first_op = 1;  // higher when replies to a predecessor's operations may still come
};

// What the entry function came to.
struct Outcome {
  Boxed<Error> error;
  Values values;  // the first result, or none
};

// Receives the replies of an operation that no coroutine waits for: timers, futures, subscriptions.
class Sink {
 public:
  virtual ~Sink() = default;
  // Called on the isolate's thread inside a protected Lua call. Returns whether more replies follow.
  virtual bool deliver(Isolate& isolate, Reply& reply) = 0;
  // No replies will come any more: the call that asked for them is over. Must not raise.
  virtual void drop(Isolate&) {}
};

class Isolate {
 public:
  enum class Step {
    waiting,    // every coroutine waits; deliver or complete something, then run again
    preempted,  // the slice is over; run again
    finished,   // outcome() is there
  };

  // Opens the sandbox; no code of the program runs yet.
  static Result<std::unique_ptr<Isolate>> create(Host& host, ProgramRef program,
                                                 const IsolateOptions& options);
  // Without a host: nothing but set_host() may follow.
  static Result<std::unique_ptr<Isolate>> create_idle(ProgramRef program, const IsolateOptions& options);
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  // The isolate a Lua state belongs to.
  static Isolate& from(lua_State* L) { return *reinterpret_cast<Isolate*>(tag_of(L) & ~hold_bits); }

  // Why a coroutine is not its code's to resume.
  enum class Hold : uintptr_t {
    none,
    task,     // a unit coroutine: the scheduler's
    waiting,  // suspended, with all those that resumed it, until an operation completes
  };
  static Hold hold_of(lua_State* L) { return static_cast<Hold>(tag_of(L) & hold_bits); }
  static void set_hold(lua_State* L, Hold hold) {
    uintptr_t& tag = tag_of(L);
    tag = (tag & ~hold_bits) | static_cast<uintptr_t>(hold);
  }

  // --- for the owner ------------------------------------------------------------------------------

  // Runs the top-level code of all chunks and resolves the method, before the first start(). False: the
  // slice is over, call again. After an error the isolate is of no use.
  Result<bool> load();
  bool loaded() const { return entry_ref_ != LUA_NOREF; }

  // The next run() begins with the entry function and these arguments. Once per execution.
  void start(Values arguments);
  Step run();
  // run() will be called soon: asks for the memory it uses, in three steps, 3, 2 and 1, some time apart, so
  // that each finds in the cache what the one before asked for.
  void fetch_ahead(size_t step) const noexcept;
  // Valid after run() returned finished.
  Outcome take_outcome() { return std::move(outcome_); }
  // Forgets coroutines, channels, subscriptions and messages, keeps globals: a pool worker between
  // two calls.
  void reset();
  void set_host(Host& host) { host_ = &host; }

  // Drops everything that runs or waits and queues a function that was kept (keep_function) as the entry
  // function. False: none has this name, and nothing changed.
  bool start_kept(std::string_view name, Values arguments);

  // Replaces the outcome: the next run() finishes with this error and runs no more Lua code.
  void fail(Error error);
  // At once while the host is asked for what has come (Host::deliver_all), otherwise with the next run().
  void deliver(Message&& message) {
    if (taking_) return take_message(message);
    inbound_.emplace_back(std::move(message));
  }
  void complete(OpId op, Reply&& reply) {
    if (taking_) return take_reply(op, reply);
    inbound_.emplace_back(op, std::move(reply));
  }

  // Ends the slice soon. Async-signal-safe, callable on the running thread only.
  void interrupt() noexcept;
  // Stops Lua code at its next instruction or at the next run(). Any thread.
  void kill() noexcept { killed_.store(true, std::memory_order_relaxed); }

  // Ends the slice at once, from within a command: no further Lua code runs until run() returns.
  void interrupt_now() { slice_over_ = true; }
  // The messages no coroutine took, for another isolate that takes over.
  std::vector<Message> take_mailbox();
  // Changes a message of this topic that no coroutine took yet, found by its values. False: there is none.
  bool replace_message(std::string_view topic, const Values& old, const Values& fresh);

  // Whether nothing but a message could make it go on: no coroutine runs, no operation is pending, and
  // process events have no reader.
  bool waits_for_messages_only() const;

  // False after an execution that hit the memory limit or left much memory idle, or that never began.
  bool reusable() const { return loaded() && !memory_.exceeded() && !memory_.wasteful(); }
  // Whether it took more memory than it may.
  bool out_of_memory() const { return memory_.exceeded(); }
  OpId next_op() const { return next_op_; }

  // Whether a coroutine besides the running one could go on at once.
  bool has_runnable() const { return !runnable_.empty(); }
  size_t memory_used() const { return memory_.used(); }
  size_t mailbox_size() const { return mailbox_.size(); }
  const EntryProgram& program() const { return *program_; }

  // --- for modules --------------------------------------------------------------------------------

  Host& host() { return *host_; }
  lua_State* main_state() { return main_; }
  // The metatable of channels, once there is one; only compared.
  const void* channel_class() const { return channel_class_; }
  void set_channel_class(const void* metatable) { channel_class_ = metatable; }
  // The running unit coroutine; null in top-level code.
  Task* current() { return current_; }

  // What a C function that hands results to Lua after a wait looks like. Called with the reply; must
  // push its results and return their number, as a lua_CFunction; must not yield.
  using Finish = int (*)(lua_State* L, Reply& reply);

  // Hands the command to the host. Afterwards `return await(L, finish)`: split in two so that the
  // command and everything else with a destructor is gone before the coroutine yields. Raises where nothing
  // can wait, unless the host answers at once.
  void issue(lua_State* L, Command& command);
  int await(lua_State* L, Finish finish);

  // Returns the `count` values on top of the stack: as soon as what was asked for before has its turn, if the
  // host gives turns and the coroutine can wait. Nothing with a destructor may be left in the caller's frame.
  int return_in_turn(lua_State* L, int count);

  // Hands the command to the host; its replies go to the sink. Returns nothing and fills `error` when
  // the host refused it at once.
  std::optional<OpId> issue_to_sink(Command& command, std::shared_ptr<Sink> sink, Error* error);
  // The sink gets no more replies; the host is told.
  void close_sink(OpId op);

  // --- subscriptions ------------------------------------------------------------------------------

  // Of this topic, or the inbox when it is empty; null when there is none.
  Subscription* subscription_for(std::string_view topic) const;
  // The userdata of the subscription's channel must be on top of the stack; it is kept alive and popped. A
  // channel may get further topics; the inbox, whose topic is empty, has a channel to itself.
  Subscription& subscribe(lua_State* L, std::string_view topic, Subscription subscription);
  enum class Unread { as_subscribed, dropped };
  // Closes the channel and forgets all its topics. False when it has none.
  bool unsubscribe(lua_State* L, Channel* channel, Unread unread = Unread::as_subscribed);
  // Pushes the channel userdata of a subscription.
  void push_channel(lua_State* L, const Subscription& subscription);

  // --- for channels and coroutines ----------------------------------------------------------------

  // Puts a task at the end of the run queue with `nargs` values on its waiting state's stack.
  void make_runnable(Task& task, int nargs);
  // Not in top-level code, nor under a C function without continuation.
  bool can_suspend(lua_State* L) const;
  // Raises when it cannot.
  void check_can_suspend(lua_State* L);
  // Suspends the current task: a C function ends with `return suspend(L, k)` after
  // check_can_suspend. `k` runs when the task is resumed.
  int suspend(lua_State* L, lua_KFunction k, lua_KContext context = 0);
  // While positive, a coroutine runs under a C function that cannot be suspended.
  void enter_unsuspendable() { ++unsuspendable_; }
  void leave_unsuspendable() { --unsuspendable_; }
  // Whether L runs top-level code outside of any coroutine.
  bool at_top_level(const lua_State* L) const { return L == loader_; }
  // Whether the coroutine that just yielded did so for the scheduler rather than for its resumer.
  bool suspending() const { return suspending_ || preempted_; }
  Task& spawn(lua_State* from, int function_index);
  // Keeps the function at `index` under this name, instead of an earlier one.
  void keep_function(lua_State* L, int index, std::string_view name);
  // Looks for messages and replies that came since the run began.
  void poll();
  // Messages for `channel` waiting in the mailbox: pushes what a receive returns, if there is one.
  bool receive_from_mailbox(lua_State* L, Channel& channel);
  // Number of the oldest message for `channel`, or TopicMailbox::none.
  uint64_t first_message_for(const Channel& channel);

 private:
  struct Pending {
    OpId op;
    Task* task;                  // waits for the reply, or
    std::shared_ptr<Sink> sink;  // receives it
  };
  // What came from outside since the last run: a message, or the reply to an operation.
  struct Inbound {
    explicit Inbound(Message&& came) : message(std::move(came)) {}
    Inbound(OpId of, Reply&& came) : op(of), reply(std::move(came)) {}

    OpId op = 0;  // 0: a message
    Reply reply;
    Message message;
  };

  // A coroutine's last resume, that of `task`.
  struct Ended {
    Isolate& isolate;
    Task& task;
    int status;
    int nresults;
  };

  // The extra space of every Lua thread holds the isolate's address and, in its lowest bits, the hold.
  static constexpr uintptr_t hold_bits = 3;
  static uintptr_t& tag_of(lua_State* L) { return *static_cast<uintptr_t*>(lua_getextraspace(L)); }

  Isolate(ProgramRef program, const IsolateOptions& options);
  Result<> open();
  static int prepare_protected(lua_State* L);
  static int load_protected(lua_State* L);
  void load_chunks(lua_State* L);
  void begin_chunk(const Chunk& chunk);
  void open_types_once();
  int run_chunk();
  void find_entry(lua_State* L);
  Error load_failure(Error error) const;
  Task& add_task(lua_State* L, lua_State* thread);
  void begin_execution();
  // A yield jumps over the frames of Lua, after which the processor predicts no return right until it is back
  // in the scheduler: each of these, and of those who call them, costs as much as a miss. They are few for
  // that reason.
  [[gnu::always_inline]] inline void drive();
  [[gnu::always_inline]] inline void resume(Task& task);
  bool guarded(void (*function)(lua_State*, void*), void* with);
  static void begin_run(lua_State* L, void* self);
  static void end_task(lua_State* L, void* what);
  void finish_main(lua_State* L, int nresults);
  void finish_with(Error error);
  void take_inbound();
  bool take_from_host();
  void take_reply(OpId op, Reply& reply);
  void take_message(Message& message);
  bool hand_over(Message& message);
  void feed(Subscription& subscription);
  void push_message(lua_State* L, const Subscription& subscription, const Message& message);
  void remove_task(Task& task);
  bool main_task_is_fresh() const;
  Pending* find_pending(OpId op);
  void erase_pending(OpId op);
  bool can_ever_wake() const;

  ProgramRef program_;
  const Environment* environment_;
  Memory memory_;

  // --- what every run looks at: close together, and close to what the memory has last -------------------

  Host* host_ = nullptr;
  lua_State* main_ = nullptr;
  TaskQueue runnable_;
  Task* main_task_ = nullptr;
  Task* current_ = nullptr;
  TopicMailbox mailbox_;
  std::vector<Pending> pending_;  // ascending op
  std::vector<Inbound> inbound_;
  std::atomic<lua_State*> running_{nullptr};  // read by the signal handler on the same thread
  Boxed<Error> failure_;
  const StateImage* image_ = nullptr;  // what it was made from, until its first run is over
  std::atomic<bool> killed_{false};
  bool finished_ = false;
  bool thrifty_ = false;  // the collector works without pauses
  bool taking_ = false;
  bool suspending_ = false;
  bool preempted_ = false;
  bool slice_over_ = false;
  Dispatch issued_how_ = Dispatch::done;
  int unsuspendable_ = 0;
  OpId issued_ = 0;
  OpId next_op_ = 1;
  Reply issued_reply_;
  const void* channel_class_ = nullptr;
  std::optional<Values> arguments_;  // of an execution about to begin

  // --- the rest -------------------------------------------------------------------------------------

  std::vector<std::unique_ptr<Task>> tasks_;
  lua_State* loader_ = nullptr;  // runs the chunks
  size_t chunks_loaded_ = 0;     // libraries first, the main chunk last
  bool chunk_begun_ = false;     // the one on top of the loader's stack, perhaps half run
  bool types_open_ = false;
  int entry_ref_ = LUA_NOREF;
  Outcome outcome_;

  friend class RunningState;
  static void on_interrupt(lua_State* L, lua_Debug* debug);
};

// Marks which coroutine's state is executing, so that an interrupt reaches the innermost one.
class RunningState {
 public:
  RunningState(Isolate& isolate, lua_State* L)
      : isolate_(isolate), outer_(isolate.running_.load(std::memory_order_relaxed)) {
    // Only this thread writes it: no exchange, which would cost a locked instruction on every wait.
    isolate.running_.store(L, std::memory_order_relaxed);
  }
  ~RunningState() { isolate_.running_.store(outer_, std::memory_order_relaxed); }
  RunningState(const RunningState&) = delete;
  RunningState& operator=(const RunningState&) = delete;

 private:
  Isolate& isolate_;
  lua_State* outer_;
};

}  // namespace trivium::lua
