// The decisions of one supervisor, without processes, threads or a clock: what happened goes in, what is to
// be done comes out. One thing happens at a time, as in a process that handles its messages in order:
// children are started and stopped one after the other, and what else happens meanwhile waits.
//
//   phase      what happens                                      next
//   idle       start: the children, in order                     starting
//   starting   all of them run                                   running
//              one cannot be started: the others stop            stopping, ended (StartFailed)
//   running    a child ends, by its rules started again           running
//              the same once too often: the others stop          stopping, ended (Failed)
//   starting, running   stop: the children, in reverse           stopping, ended (Stopped)
//
//   state of a child   live: starting → running → stopping, each possibly cut short by its end
//                      down: waiting (to be started), exited, failed, stopped (on request)
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "units/supervision/spec.h"

namespace trivium::units {

enum class ChildState { waiting, starting, running, stopping, exited, failed, stopped };
std::string_view name_of(ChildState state);

class SupervisorMachine {
 public:
  using Key = uint64_t;      // of a child; ascending in the order of start
  using Request = uint64_t;  // the caller's number of what it asked for

  struct Child {
    ChildRules rules;
    ChildState state = ChildState::waiting;
    uint64_t run = 0;  // counts its starts
    int64_t restarts = 0;
    std::optional<Error> last_error;
    std::optional<int64_t> kill_at_ns;

    bool live() const {
      return state == ChildState::starting || state == ChildState::running || state == ChildState::stopping;
    }
  };

  // --- what is to be done, in order ---
  struct Start {
    Key key;
    uint64_t run;
  };
  struct Stop {  // ask it to end
    Key key;
  };
  struct Kill {  // it had its time, or gets none
    Key key;
  };
  struct Forget {  // it is no longer among children()
    Key key;
  };
  struct Restarting {  // for the log: this child failed and is started again
    Key key;
    Error error;
  };
  struct Lost {  // for the log: this child failed and is not started again
    Key key;
    Error error;
  };
  struct Answer {
    Request request;
    Result<Key> result;
  };
  struct Started {};
  struct StartFailed {
    Error error;
  };
  struct Failed {
    Error error;
  };
  struct Stopped {};
  using Action = std::variant<Start, Stop, Kill, Forget, Restarting, Lost, Answer, Started, StartFailed,
                              Failed, Stopped>;

  enum class Phase { idle, starting, running, stopping, ended };

  // The children's keys are 1, 2, … in this order.
  SupervisorMachine(Strategy strategy, Intensity intensity, std::vector<ChildRules> children);

  Phase phase() const { return phase_; }
  const std::map<Key, Child>& children() const { return children_; }
  size_t dynamic_children() const { return dynamic_; }
  // When advance() has something to do.
  std::optional<int64_t> deadline_ns() const;
  // Everything since the last call.
  std::vector<Action> take_actions() { return std::exchange(actions_, {}); }

  // --- what happened; times are monotonic ---
  void start(int64_t now_ns);
  void stop(int64_t now_ns);
  // Stop, without giving anybody time.
  void kill(int64_t now_ns);
  void advance(int64_t now_ns);
  // Each Start is answered by one of the first two; after a success child_ended comes, once.
  void child_started(Key key, uint64_t run, int64_t now_ns);
  void child_not_started(Key key, uint64_t run, Error error, int64_t now_ns);
  void child_ended(Key key, uint64_t run, std::optional<Error> error, int64_t now_ns);

  // --- requests; each gets one Answer ---
  // The key of the new child; it is forgotten again if it cannot be started.
  Key add(Request request, ChildRules rules, int64_t now_ns);
  void terminate(Request request, Key key, int64_t now_ns);
  void restart(Request request, Key key, int64_t now_ns);

 private:
  enum class Goal { all_up, replace, add, terminate, bring_back, all_down };
  struct Operation {
    Goal goal;
    std::deque<Key> stops;   // first these, in this order
    std::deque<Key> starts;  // then these
    Key subject = 0;
    Request request = 0;
  };
  struct Failure {
    Key key;
    uint64_t run;
  };
  using Pending = std::variant<Failure, Operation>;

  Child* find(Key key);
  void proceed();
  bool take_pending();
  void stop_next();
  void start_next();
  void finish();
  void begin_stop(Key key, Child& child);
  void put_down(Key key, Child& child, ChildState state);
  void judge(Key key, Child& child);
  void replace(Key key, Child& child);
  bool too_often();
  void go_down(std::optional<Error> why);
  void answer(Request request, Result<Key> result);
  void refuse_pending();
  void forget(Key key);
  std::deque<Key> live_in_reverse(Key after = 0) const;
  Error refusal() const;

  const Strategy strategy_;
  const Intensity intensity_;
  Phase phase_ = Phase::idle;
  int64_t now_ns_ = 0;
  std::map<Key, Child> children_;
  size_t dynamic_ = 0;
  Key next_key_ = 1;
  std::optional<Operation> current_;
  std::deque<Pending> pending_;
  size_t coming_up_ = 0;   // children in state starting
  size_t going_down_ = 0;  // in state stopping
  bool start_failed_ = false;
  bool stop_asked_ = false;
  std::optional<Error> failure_;  // why it goes down by itself
  std::deque<int64_t> restarts_ns_;
  std::set<std::pair<int64_t, Key>> kills_;
  std::vector<Action> actions_;
};

}  // namespace trivium::units
