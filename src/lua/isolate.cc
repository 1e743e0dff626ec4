#include "lua/isolate.h"

#include <algorithm>
#include <utility>

#include "core/fetch.h"
#include "lua/codec.h"
#include "lua/error_object.h"
#include "lua/finalizers.h"
#include "lua/program_image.h"
#include "lua/sandbox/sandbox.h"
#include "lua/types/types.h"

// Lua's own headers: every run is a protected call, and through the public interface one of a Lua function.
#include "ldo.h"
#include "lstate.h"

namespace trivium::lua {

namespace {

std::string traceback(lua_State* L, lua_State* of) {
  luaL_traceback(L, of, nullptr, 0);
  size_t length = 0;
  const char* text = lua_tolstring(L, -1, &length);
  std::string copy(text, length);
  lua_pop(L, 1);
  return copy;
}

int after_reply(lua_State* L, int, lua_KContext finish) {
  Reply reply = std::move(Isolate::from(L).current()->reply);
  return reinterpret_cast<Isolate::Finish>(finish)(L, reply);
}

int after_turn(lua_State*, int, lua_KContext count) { return static_cast<int>(count); }

// Apart from await, so that no destructor is pending in the frame that yields.
int finish_at_once(lua_State* L, Isolate::Finish finish, Reply&& issued) {
  Reply reply = std::move(issued);
  return finish(L, reply);
}

}  // namespace

// --- creation ---------------------------------------------------------------------------------------

Isolate::Isolate(ProgramRef program, const IsolateOptions& options)
    : program_(std::move(program)),
      environment_(options.environment),
      memory_(options.memory_limit, options.hash_seed),
      next_op_(options.first_op) {
  memory_.without_lexer();
  if (options.repeatable) memory_.know_objects();
  // Code that catches the error gets no further.
  memory_.when_exceeded([](void* isolate) { static_cast<Isolate*>(isolate)->interrupt(); }, this);
}

void Isolate::fetch_ahead(size_t step) const noexcept {
  if (step == 3) {
    const auto* const begin = static_cast<const char*>(memory_.busy_part());
    return fetch(begin, static_cast<size_t>(reinterpret_cast<const char*>(&tasks_) - begin));
  }
  if (step == 1) {
    if (main_task_ == nullptr) return;
    // Where it goes on: the top of its stack, which lies apart, and its last calls.
    constexpr size_t used = 256;
    const lua_State* const L = main_task_->waiting != nullptr ? main_task_->waiting : main_task_->L;
    fetch(reinterpret_cast<const char*>(L->top) - used, used + cache_line);
    fetch(L->ci, sizeof(CallInfo));
    return;
  }
  memory_.fetch_ahead();
  mailbox_.fetch_ahead();
  fetch(main_task_, sizeof(Task));
}

Isolate::~Isolate() {
  // Without finalizers there is nothing to do object by object: the memory goes as a whole.
  if (main_ != nullptr && has_finalizers(main_)) lua_close(main_);
}

Result<std::unique_ptr<Isolate>> Isolate::create(Host& host, ProgramRef program,
                                                 const IsolateOptions& options) {
  auto isolate = create_idle(std::move(program), options);
  if (isolate) (*isolate)->set_host(host);
  return isolate;
}

Result<std::unique_ptr<Isolate>> Isolate::create_idle(ProgramRef program, const IsolateOptions& options) {
  std::unique_ptr<Isolate> isolate(new Isolate(std::move(program), options));
  if (Result<> opened = isolate->open(); !opened) return trivium::fail(std::move(opened.error()));
  return isolate;
}

Result<> Isolate::open() {
  const StateImage* image = program_->image.of(*program_, *environment_, memory_.seed());
  main_ = image != nullptr ? image->instantiate(memory_) : lua_newstate(Memory::allocate, &memory_);
  image_ = image;
  if (main_ == nullptr) return trivium::fail(kind::internal, "not enough memory for a new Lua state");
  if (memory_.identities() != nullptr) lua_setallocf(main_, Memory::allocate_known, &memory_);
  tag_of(main_) = reinterpret_cast<uintptr_t>(this);
  if (image == nullptr) {
    lua_pushcfunction(main_, prepare_protected);
    if (lua_pcall(main_, 0, 0, 0) != LUA_OK) {
      Error error = load_failure(raised_error(main_, -1));
      lua_pop(main_, 1);
      return trivium::fail(std::move(error));
    }
  }
  loader_ = prepared_loader(main_);
  tag_of(loader_) = reinterpret_cast<uintptr_t>(this);
  set_hold(loader_, Hold::task);
  return {};
}

int Isolate::prepare_protected(lua_State* L) {
  const Isolate& isolate = from(L);
  prepare_program(L, *isolate.program_, *isolate.environment_);
  return 0;
}

// --- top-level code ---------------------------------------------------------------------------------

Result<bool> Isolate::load() {
  lua_pushcfunction(main_, load_protected);
  if (lua_pcall(main_, 0, 0, 0) != LUA_OK) {
    failure_ = load_failure(raised_error(main_, -1));
    lua_pop(main_, 1);
  }
  if (failure_) return trivium::fail(std::move(*std::exchange(failure_, std::nullopt)));
  return loaded();
}

int Isolate::load_protected(lua_State* L) {
  from(L).load_chunks(L);
  return 0;
}

// The chunks run one after the other on the loader's thread: not a coroutine of the scheduler's, so that
// nothing may wait in it, but one that can be pre-empted.
void Isolate::load_chunks(lua_State* L) {
  const size_t libraries = program_->libraries.size();
  while (chunks_loaded_ <= libraries) {
    const Chunk& chunk = chunks_loaded_ < libraries ? program_->libraries[chunks_loaded_] : program_->main;
    if (!std::exchange(chunk_begun_, true)) begin_chunk(chunk);
    const int status = run_chunk();
    if (status == LUA_YIELD) {
      preempted_ = false;
      // The code may have caught the allocation error.
      if (memory_.exceeded()) failure_ = load_failure(Error::of(kind::internal, "not enough memory"));
      return;
    }
    if (status != LUA_OK) {
      failure_ = load_failure(raised_error(loader_, -1));
      return;
    }
    // The chunk's first result lies where the chunk did, on top of those that follow.
    lua_settop(loader_, static_cast<int>(libraries - chunks_loaded_) + 1);
    lua_xmove(loader_, L, 1);
    if (chunks_loaded_ < libraries) lua_setglobal(L, chunk.alias.c_str());
    chunk_begun_ = false;
    ++chunks_loaded_;
  }
  find_entry(L);
}

void Isolate::begin_chunk(const Chunk& chunk) {
  if (chunk.types == nullptr) return;
  open_types_once();
  lua_xmove(loader_, main_, 1);
  bind_types(main_, chunk.types);
  if (!chunk.alias.empty()) export_types(main_, chunk.alias, chunk.types);
  lua_xmove(main_, loader_, 1);
}

void Isolate::open_types_once() {
  if (std::exchange(types_open_, true)) return;
  open_types(main_, [](lua_State* L, const Error& error) {
    push_error(L, error);
    return 1;
  });
}

int Isolate::run_chunk() {
  const RunningState running(*this, loader_);
#ifdef TRIVIUM_TSAN
  lua_sethook(loader_, on_interrupt, LUA_MASKCOUNT, 100000);
#endif
  int nresults = 0;
  return lua_resume(loader_, main_, 0, &nresults);
}

// The result of the main chunk is on top: the entry function, or the table it is in.
void Isolate::find_entry(lua_State* L) {
  const std::string& method = program_->method;
  if (lua_istable(L, -1)) {
    lua_pushlstring(L, method.data(), method.size());
    lua_rawget(L, -2);
  }
  if (!lua_isfunction(L, -1) || lua_iscfunction(L, -1)) {
    failure_ = Error::of(kind::not_found, "method \"" + method + "\" not found in module");
    return;
  }
  entry_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
}

Error Isolate::load_failure(Error error) const {
  const bool in_library = main_ != nullptr && chunk_begun_ && chunks_loaded_ < program_->libraries.size();
  const std::string what =
      in_library ? "load dependency " + program_->libraries[chunks_loaded_].alias : "execute script";
  error.message = "failed to " + what + ": " + error.message;
  error.retryable = false;
  return error;
}

// --- execution --------------------------------------------------------------------------------------

void Isolate::start(Values arguments) {
  arguments_ = std::move(arguments);
  finished_ = false;
  outcome_ = {};
}

void Isolate::begin_execution() {
  const Values arguments = std::move(*std::exchange(arguments_, std::nullopt));
  // The loader's thread has nothing left to do and serves the first execution; it may then serve later ones.
  if (main_task_ == nullptr) {
    lua_State* thread = std::exchange(loader_, nullptr);
    if (thread == nullptr) {
      thread = lua_newthread(main_);
    } else {
      release_loader(main_);
    }
    main_task_ = &add_task(main_, thread);
  }
  main_task_->returned = false;
  main_task_->waiting = main_task_->L;
  lua_rawgeti(main_task_->L, LUA_REGISTRYINDEX, entry_ref_);
  make_runnable(*main_task_, push_values(main_task_->L, arguments));
}

// The thread, on top of the stack, is anchored in the registry under the task's address.
Task& Isolate::add_task(lua_State* L, lua_State* thread) {
  Task& task = *tasks_.emplace_back(std::make_unique<Task>(thread));
  task.waiting = thread;
  set_hold(thread, Hold::task);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &task);
  return task;
}

void Isolate::remove_task(Task& task) {
  set_hold(task.L, Hold::none);
  lua_pushnil(main_);
  lua_rawsetp(main_, LUA_REGISTRYINDEX, &task);
  const auto at =
      std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& owned) { return owned.get() == &task; });
  std::swap(*at, tasks_.back());
  tasks_.pop_back();
}

Task& Isolate::spawn(lua_State* from, int function_index) {
  lua_pushvalue(from, function_index);
  lua_State* thread = lua_newthread(from);
  Task& task = add_task(from, thread);
  lua_xmove(from, task.L, 1);
  make_runnable(task, 0);
  return task;
}

void Isolate::make_runnable(Task& task, int nargs) {
  task.nargs = nargs;
  task.stuck = false;
  if (task.runnable) return;
  task.runnable = true;
  runnable_.push_back(task);
}

void Isolate::fail(Error error) { failure_ = std::move(error); }

Isolate::Step Isolate::run() {
  slice_over_ = false;
  if (!finished_ && !failure_ && guarded(begin_run, this)) drive();
  if (image_ != nullptr) std::exchange(image_, nullptr)->note_growth(memory_.grown());
  if (!thrifty_ && memory_.tight()) {
    thrifty_ = true;
    lua_gc(main_, LUA_GCINC, 100, 400, 0);
  }
  // A coroutine may have caught the allocation error; the limit holds all the same.
  if (memory_.exceeded()) {
    failure_ = Error::of("LimitExceeded", "memory limit of " + std::to_string(memory_.limit() >> 20) +
                                              " MB exceeded by " + program_->id);
  }
  if (failure_) finish_with(std::move(*std::exchange(failure_, {})));
  if (finished_) return Step::finished;
  return slice_over_ ? Step::preempted : Step::waiting;
}

// Calls `function`, in which Lua may raise. False: it did, and the execution fails.
bool Isolate::guarded(void (*function)(lua_State*, void*), void* with) {
  const ptrdiff_t top = savestack(main_, main_->top);
  const bool succeeded = luaD_pcall(main_, function, with, top, 0) == LUA_OK;
  if (!succeeded) failure_ = raised_error(main_, -1);
  main_->top = restorestack(main_, top);
  return succeeded;
}

void Isolate::begin_run(lua_State*, void* self) {
  auto& isolate = *static_cast<Isolate*>(self);
  if (isolate.arguments_) isolate.begin_execution();
  isolate.take_inbound();
  if (!isolate.take_from_host()) isolate.slice_over_ = true;
}

void Isolate::drive() {
  while (!runnable_.empty() && !finished_ && !slice_over_ && !failure_ && !memory_.exceeded() &&
         !killed_.load(std::memory_order_relaxed)) {
    resume(runnable_.pop_front());
  }
  if (runnable_.empty() && !finished_ && !failure_ && !slice_over_ && !can_ever_wake()) {
    failure_ = Error::unspecified(kind::internal,
                                  "deadlock: all coroutines blocked with no pending operations (threads=" +
                                      std::to_string(tasks_.size()) + ")");
  }
}

bool Isolate::waits_for_messages_only() const {
  return runnable_.empty() && inbound_.empty() && pending_.empty() && !finished_ &&
         mailbox_.find(topic::events) == nullptr;
}

bool Isolate::can_ever_wake() const {
  if (!pending_.empty() || mailbox_.has_subscriptions()) return true;
  return std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return !task->stuck; });
}

void Isolate::resume(Task& task) {
  task.runnable = false;
  current_ = &task;
  int nresults = 0;
  int status = LUA_OK;
  {
    const RunningState running(*this, task.L);
#ifdef TRIVIUM_TSAN
    // Signals are unreliable under the sanitizer: count instructions instead.
    lua_sethook(task.L, on_interrupt, LUA_MASKCOUNT, 100000);
#endif
    status = lua_resume(task.L, main_, task.waiting == task.L ? task.nargs : 0, &nresults);
  }
  current_ = nullptr;
  if (status == LUA_YIELD) {
    if (std::exchange(preempted_, false)) {
      task.waiting = task.L;
      task.nargs = 0;
      task.runnable = true;
      runnable_.push_front(task);
      slice_over_ = true;
    } else if (!std::exchange(suspending_, false)) {
      // A bare coroutine.yield() gives up the turn.
      lua_pop(task.L, nresults);
      task.waiting = task.L;
      make_runnable(task, 0);
    }
    return;
  }
  Ended ended{*this, task, status, nresults};
  (void)guarded(end_task, &ended);
}

void Isolate::end_task(lua_State* L, void* what) {
  const auto& [isolate, task, status, nresults] = *static_cast<const Ended*>(what);
  if (status != LUA_OK) {
    Error error = raised_error(task.L, -1);
    if (error.stack.empty()) error.stack = traceback(L, task.L);
    isolate.failure_ = std::move(error);
  } else if (&task == isolate.main_task_) {
    task.returned = true;
    isolate.finish_main(task.L, nresults);
  } else {
    isolate.remove_task(task);
  }
}

void Isolate::finish_main(lua_State* L, int nresults) {
  finished_ = true;
  const int first = lua_gettop(L) - nresults + 1;
  if (nresults >= 2) {
    if (const Error* error = test_error(L, first + 1)) {
      outcome_.error = *error;
      if (outcome_.error->kind.empty()) outcome_.error->kind = kind::internal;
      return;
    }
    if (lua_type(L, first + 1) == LUA_TSTRING) {
      size_t length = 0;
      const char* text = lua_tolstring(L, first + 1, &length);
      outcome_.error = Error::of(kind::internal, std::string(text, length));
      return;
    }
  }
  if (nresults == 0 || lua_isnil(L, first)) return;
  Dropped dropped;
  encode(L, first, outcome_.values, &dropped);
  if (!dropped.type.empty()) host_->dropped("result", dropped.path, dropped.type);
}

void Isolate::finish_with(Error error) {
  finished_ = true;
  outcome_ = {std::move(error), {}};
}

// Whether the thread of the execution that is over can serve the next one as a new one would: its function
// returned, and no code has got hold of it.
bool Isolate::main_task_is_fresh() const {
  return main_task_ != nullptr && main_task_->returned && !main_task_->exposed;
}

void Isolate::reset() {
  lua_settop(main_, 0);
  // Channels, timers and futures that globals keep must know of nothing that is going away.
  for (const auto& task : tasks_) {
    for (Channel* channel : task->channels) channel->forget(*task);
  }
  for (const Pending& pending : std::exchange(pending_, {})) {
    if (pending.sink) pending.sink->drop(*this);
  }
  const bool keep = main_task_is_fresh();
  for (const auto& task : tasks_) {
    if (keep && task.get() == main_task_) continue;
    lua_pushnil(main_);
    lua_rawsetp(main_, LUA_REGISTRYINDEX, task.get());
  }
  mailbox_.each_subscription([this](const Subscription& subscription) {
    subscription.channel->set_subscription(nullptr);
    lua_pushnil(main_);
    lua_rawsetp(main_, LUA_REGISTRYINDEX, subscription.channel);
  });
  runnable_.clear();
  if (keep) {
    std::erase_if(tasks_, [this](const auto& task) { return task.get() != main_task_; });
    main_task_->channels.clear();
    lua_settop(main_task_->L, 0);
  } else {
    tasks_.clear();
    main_task_ = nullptr;
  }
  inbound_.clear();
  mailbox_.clear();
  arguments_.reset();
  failure_.reset();
  suspending_ = preempted_ = slice_over_ = false;
  killed_.store(false, std::memory_order_relaxed);
}

// --- operations -------------------------------------------------------------------------------------

bool Isolate::can_suspend(lua_State* L) const {
  return current_ != nullptr && unsuspendable_ == 0 && lua_isyieldable(L) != 0;
}

void Isolate::check_can_suspend(lua_State* L) {
  if (can_suspend(L)) return;
  luaL_error(L, current_ == nullptr ? "can not yield from outside of a coroutine"
                                    : "attempt to yield across a C-call boundary");
}

int Isolate::suspend(lua_State* L, lua_KFunction k, lua_KContext context) {
  current_->waiting = L;
  suspending_ = true;
  return lua_yieldk(L, 0, context, k);
}

void Isolate::issue(lua_State* L, Command& command) {
  if (!can_suspend(L) && !host_->answers_at_once(command)) check_can_suspend(L);
  issued_ = next_op_++;
  issued_reply_ = {};
  issued_how_ = host_->dispatch(*this, command, issued_, issued_reply_);
  if (issued_how_ == Dispatch::pending) pending_.push_back({issued_, current_, nullptr});
}

int Isolate::await(lua_State* L, Finish finish) {
  if (issued_how_ == Dispatch::done) return finish_at_once(L, finish, std::move(issued_reply_));
  return suspend(L, after_reply, reinterpret_cast<lua_KContext>(finish));
}

int Isolate::return_in_turn(lua_State* L, int count) {
  if (!can_suspend(L)) return count;
  if (!host_->take_turn(next_op_)) return count;
  pending_.push_back({next_op_++, current_, nullptr});
  return suspend(L, after_turn, count);
}

std::optional<OpId> Isolate::issue_to_sink(Command& command, std::shared_ptr<Sink> sink, Error* error) {
  const OpId op = next_op_++;
  Reply reply;
  if (host_->dispatch(*this, command, op, reply) == Dispatch::pending) {
    pending_.push_back({op, nullptr, std::move(sink)});
    return op;
  }
  if (reply.error) {
    *error = std::move(*reply.error);
    return std::nullopt;
  }
  inbound_.emplace_back(op, std::move(reply));
  pending_.push_back({op, nullptr, std::move(sink)});
  return op;
}

void Isolate::close_sink(OpId op) {
  if (find_pending(op) == nullptr) return;
  erase_pending(op);
  host_->abandon(*this, op);
}

Isolate::Pending* Isolate::find_pending(OpId op) {
  const auto at = std::lower_bound(pending_.begin(), pending_.end(), op,
                                   [](const Pending& pending, OpId wanted) { return pending.op < wanted; });
  return at != pending_.end() && at->op == op ? &*at : nullptr;
}

void Isolate::erase_pending(OpId op) {
  std::erase_if(pending_, [op](const Pending& pending) { return pending.op == op; });
}

// Deliveries may add further ones.
void Isolate::take_inbound() {
  while (!inbound_.empty()) {
    std::vector<Inbound> batch;
    batch.swap(inbound_);
    for (Inbound& inbound : batch) {
      if (inbound.op == 0) {
        take_message(inbound.message);
      } else {
        take_reply(inbound.op, inbound.reply);
      }
    }
  }
}

// Without a stop in between: a message goes from its envelope to the coroutine that waits for it.
bool Isolate::take_from_host() {
  struct Taking {
    explicit Taking(bool& on) : on_(on) { on_ = true; }
    ~Taking() { on_ = false; }
    bool& on_;
  };
  bool go_on = false;
  {
    const Taking taking(taking_);
    go_on = host_->deliver_all(*this);
  }
  if (go_on) take_inbound();
  return go_on;
}

void Isolate::take_reply(OpId op, Reply& reply) {
  Pending* pending = find_pending(op);
  if (pending == nullptr) return;  // abandoned
  if (Task* task = pending->task) {
    erase_pending(op);
    task->reply = std::move(reply);
    make_runnable(*task, 0);
    return;
  }
  const std::shared_ptr<Sink> sink = pending->sink;
  if (!sink->deliver(*this, reply)) erase_pending(op);
}

// --- interruption -----------------------------------------------------------------------------------

void Isolate::interrupt() noexcept {
  // lua_sethook is made to be called from a signal handler of the running thread.
  if (lua_State* L = running_.load(std::memory_order_relaxed)) lua_sethook(L, on_interrupt, LUA_MASKCOUNT, 1);
}

void Isolate::on_interrupt(lua_State* L, lua_Debug*) {
  Isolate& isolate = from(L);
  if (lua_isyieldable(L) != 0 && isolate.unsuspendable_ == 0) {
    lua_sethook(L, nullptr, 0, 0);
    isolate.preempted_ = true;
    lua_yield(L, 0);
    return;
  }
  // Under a C function that cannot be suspended: try again soon.
  if (isolate.killed_.load(std::memory_order_relaxed)) luaL_error(L, "context canceled");
  if (isolate.memory_.exceeded()) luaL_error(L, "not enough memory");
  lua_sethook(L, on_interrupt, LUA_MASKCOUNT, 1000);
}

}  // namespace trivium::lua
