// Several runtimes on one store under virtual time, on one thread: each with a clock of its own that is
// almost right, each may be killed, stopped for a while, or cut off from the store.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "units/workflows/testing/shared_database.h"
#include "units/workflows/testing/world.h"

namespace trivium::units::workflows::testing {

class Cluster {
 public:
  // `adapt`: besides what makes them share the store.
  Cluster(uint64_t seed, size_t runtimes, const std::function<void(ServiceOptions&)>& adapt);
  ~Cluster();

  size_t size() const { return nodes_.size(); }
  World& world(size_t node) { return *nodes_[node]->world; }
  SharedDatabase& database() { return database_; }
  uint64_t chance() { return random_.next(); }
  int64_t now_ns() const { return now_ns_; }

  // Time passes and everybody does what there is to do; activities take a while.
  void run_for(Duration limit);
  // False: not in this time.
  bool run_until(const std::function<bool()>& reached, Duration limit);

  // Whether it lives, is not stopped and reaches the store.
  bool well(size_t node) const;
  // Whether it has, or had last, this run, and nobody can have had it since it took it.
  bool has(size_t node, const RunRow& run) const { return nodes_[node]->session->always(run.owner); }
  // One of those that are well; the first if there is none.
  size_t any_well();

  // Stands still (SIGSTOP) after so many more steps, in the middle of whatever it does, until it is resumed.
  void pause(size_t at, uint64_t steps);
  void resume(size_t at);
  // After so many more steps it does not reach the store, which may notice at once or not; `half`: what it
  // sent last is carried out.
  void cut_off(size_t at, uint64_t steps, bool noticed, bool half);
  void reconnect(size_t at);
  // Begins again, if it has died or not; `in_order`: it stops before as one that is told to.
  void restart(size_t at, bool in_order = false);
  // All live, run, and reach the store.
  void heal();
  // What runtimes tell each other is lost or comes late and twice, in so many of a hundred cases.
  void lose_hints(uint64_t percent) { lost_hints_ = percent; }

 private:
  struct Node {
    std::unique_ptr<World> world;
    SharedDatabase::Session* session = nullptr;  // of its current life
    double rate = 1;                             // of its clock
    bool paused = false;
    bool cut_off = false;
    struct Hint {
      int64_t due_ns = 0;
      std::string text;
    };
    std::deque<Hint> hints;
    uint64_t steps = 0;  // that it goes before `harm`
    std::function<void()> harm;
  };

  void hint(const std::string& text);
  void pass(Duration time);
  void settle();
  static bool step(Node& node);
  static void soon(Node& node, uint64_t steps, std::function<void()> harm);
  static bool runs(const Node& node) { return !node.paused && !node.world->crashed(); }

  TestRandom random_;
  int64_t now_ns_ = 1'000'000'000'000'000'000;
  uint64_t lost_hints_ = 0;
  SharedDatabase database_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace trivium::units::workflows::testing
