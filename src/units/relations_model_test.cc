// Random histories of processes that end, watch and link each other, against the rules written down plainly.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "units/test_node.h"

namespace trivium::units {
namespace {

// One thread has no races to look for.
constexpr uint64_t seeds = sched::preempts_by_signal ? 300 : 20;
constexpr int steps = 120;

// Notes its events; ends when it is told to.
constexpr const char* body = R"(
  local inbox, events, got = inbox(), events(), {}
  while true do
    local r = channel.select({inbox:case_receive(), events:case_receive()})
    if r.channel == events then
      got[#got + 1] = r.value.kind .. " " .. r.value.from
    elseif r.value == "return" then
      return got
    else
      error("failed", 0)
    end
  end)";

const Error terminated = Error::unspecified(kind::internal, "process terminated");

class Model {
 public:
  explicit Model(uint64_t seed) : test_(seed), seed_(seed) {}

  void play() {
    for (int step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) {
      act();
      run(random() % 4);
    }
    run(SIZE_MAX);
    report();
  }

 private:
  struct Unit {
    sched::Ref<Process> process;
    bool alive = true;
    bool trap = false;
    std::set<size_t> watchers;
    std::set<size_t> links;
    // Why it may end, once something is on its way to it.
    bool told_to_return = false;
    bool told_to_fail = false;
    bool killed = false;
    bool link_broken = false;
    std::vector<std::string> events;  // in the order they were put into its mailbox

    bool must_end() const { return told_to_return || told_to_fail || killed || link_broken; }
    const std::string& pid() const { return process->pid_text(); }
  };

  uint64_t random() { return test_.random.next() >> 8; }
  size_t any() { return random() % units_.size(); }
  std::string where() const { return "seed " + std::to_string(seed_); }

  // --- what happens, and what it ought to mean ------------------------------------------------------

  void act() {
    if (units_.size() < 3) return spawn();
    const size_t a = any();
    const size_t b = any();
    switch (random() % 14) {
      case 0:
      case 1:
        return spawn();
      case 2:
      case 3:
      case 4:
        return link(a, b);
      case 5:
        return unlink(a, b);
      case 6:
      case 7:
        return monitor(a, b);
      case 8:
        return unmonitor(a, b);
      case 9:
        return cancel(a);
      case 10:
        return trap(a);
      case 11:
        if (units_[a].process->post(message("return"))) units_[a].told_to_return = true;
        return;
      case 12:
        if (units_[a].process->post(message("fail"))) units_[a].told_to_fail = true;
        return;
      default:
        units_[a].process->kill(terminated);
        units_[a].killed = true;
    }
  }

  static lua::Message message(const char* text) {
    lua::Message made{"tell", std::string(), {}};
    append(made.values, Value(text));
    return made;
  }

  // Alone, monitored, linked or both, as the four kinds of spawn do it.
  void spawn() {
    const bool orphan = units_.empty() || random() % 2 == 0;
    const size_t parent = orphan ? 0 : any();
    units_.emplace_back().process = test_.start(body);
    if (orphan) return;
    if (random() % 2 == 0) monitor(parent, units_.size() - 1);
    if (random() % 2 == 0) link(parent, units_.size() - 1);
  }

  void link(size_t a, size_t b) {
    const Result<> linked = Process::link(*units_[a].process, *units_[b].process);
    ASSERT_EQ(linked.has_value(), a == b || (units_[a].alive && units_[b].alive)) << where();
    if (!linked || a == b) return;
    units_[a].links.insert(b);
    units_[b].links.insert(a);
  }

  void unlink(size_t a, size_t b) {
    Process::unlink(*units_[a].process, *units_[b].process);
    units_[a].links.erase(b);
    units_[b].links.erase(a);
  }

  void monitor(size_t watcher, size_t target) {
    const Result<> done = units_[target].process->add_watcher(*units_[watcher].process);
    if (watcher == target) {
      ASSERT_TRUE(done) << where();
    } else if (!units_[target].alive) {
      ASSERT_EQ(done.error().message, "process not found") << where();
    } else {
      ASSERT_EQ(done.has_value(), units_[target].watchers.insert(watcher).second) << where();
    }
  }

  void unmonitor(size_t watcher, size_t target) {
    units_[target].process->remove_watcher(*units_[watcher].process);
    units_[target].watchers.erase(watcher);
  }

  void cancel(size_t a) {
    const bool posted = units_[a].process->post_event("pid.cancel", "{x|y}", {{"reason", "r"}});
    ASSERT_EQ(posted, units_[a].alive) << where();
    if (posted) units_[a].events.emplace_back("pid.cancel {x|y}");
  }

  // Whether a broken link kills is decided when the news is looked at: nothing may be on its way.
  void trap(size_t a) {
    run(SIZE_MAX);
    units_[a].trap = !units_[a].trap;
    units_[a].process->set_trap_links(units_[a].trap);
  }

  void ended(size_t i) {
    Unit& unit = units_[i];
    unit.alive = false;
    const Exit& exit = test_.ends.at(unit.pid()).front();
    const std::string text = TestNode::text(exit);
    if (!exit.error) {
      ASSERT_TRUE(unit.told_to_return) << where() << ": " << text;
      // Everything it had noted came in the order it was sent; the rest it had not looked at.
      const std::vector<std::string> got = noted(exit);
      ASSERT_LE(got.size(), unit.events.size()) << where();
      ASSERT_TRUE(std::equal(got.begin(), got.end(), unit.events.begin())) << where();
    } else {
      ASSERT_TRUE((text == "Internal: failed" && unit.told_to_fail) ||
                  (text == "Internal: process terminated" && unit.killed) ||
                  (text == ": linked process failed" && unit.link_broken))
          << where() << ": " << text;
    }
    for (const size_t watcher : unit.watchers) {
      if (units_[watcher].alive) units_[watcher].events.push_back("pid.exit " + unit.pid());
    }
    for (const size_t partner : unit.links) {
      Unit& other = units_[partner];
      other.links.erase(i);
      if (!exit.error) continue;
      if (other.trap) {
        other.events.push_back("pid.link.down " + unit.pid());
      } else {
        other.link_broken = true;
      }
    }
    unit.links.clear();
    unit.watchers.clear();
  }

  // --- the run ----------------------------------------------------------------------------------------

  void run(size_t runs) {
    for (; runs > 0 && test_.scheduler.run_one(); --runs) {
      // One run ends at most one of them.
      for (size_t i = 0; i < units_.size(); ++i) {
        if (units_[i].alive && test_.ends.count(units_[i].pid()) != 0) ended(i);
      }
    }
    if (test_.scheduler.ready() > 0) return;
    for (const Unit& unit : units_) {
      ASSERT_EQ(unit.alive, !unit.must_end()) << where() << " " << unit.pid();
      ASSERT_EQ(test_.end_of(*unit.process) == "alive", unit.alive) << where();
    }
  }

  static std::vector<std::string> noted(const Exit& exit) {
    std::vector<std::string> texts;
    const Value value = first_value(exit.values);
    if (!value.is_array()) return texts;
    for (const Value& text : value.as_array()) texts.push_back(text.as_string());
    return texts;
  }

  // Who is left tells everything it heard; then nobody is left.
  void report() {
    for (size_t i = 0; i < units_.size(); ++i) {
      if (!units_[i].alive) continue;
      const std::vector<std::string> expected = units_[i].events;
      units_[i].told_to_return = units_[i].process->post(message("return"));
      run(SIZE_MAX);
      ASSERT_EQ(noted(test_.ends.at(units_[i].pid()).front()), expected) << where() << " " << units_[i].pid();
    }
    for (const auto& [pid, ends] : test_.ends) ASSERT_EQ(ends.size(), 1u) << where() << " " << pid;
    ASSERT_EQ(test_.ends.size(), units_.size()) << where();
    ASSERT_EQ(test_.node.processes().size(), 0u) << where();
  }

  TestNode test_;
  const uint64_t seed_;
  std::vector<Unit> units_;
};

TEST(Relations, FollowTheRulesInEveryOrder) {
  for (uint64_t seed = 0; seed < seeds && !::testing::Test::HasFatalFailure(); ++seed) Model(seed).play();
}

}  // namespace
}  // namespace trivium::units
