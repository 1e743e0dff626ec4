#include "units/process_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "units/test_node.h"

namespace trivium::units {
namespace {

constexpr const char* waits = "return inbox():receive()";

std::vector<std::string> texts(const Array& array) {
  std::vector<std::string> made;
  for (const Value& value : array) made.push_back(value.as_string());
  return made;
}

TEST(ProcessGroups, AStoppedScopeRefusesChangesAndShowsNothing) {
  TestNode test;
  const auto groups = std::make_shared<ProcessGroups>(GroupOptions());
  const auto process = test.start(waits);
  EXPECT_FALSE(groups->running());
  groups->start();
  ASSERT_TRUE(groups->join(*process, {"a"}));
  groups->stop();
  EXPECT_TRUE(groups->members("a").empty());
  EXPECT_TRUE(groups->groups().empty());
  EXPECT_TRUE(groups->monitor(*process, "@pg/1", "a").empty());
  EXPECT_TRUE(groups->monitor_all(*process, "@pg/2").empty());
  for (const Error& refused : {groups->join(*process, {"a"}).error(), groups->leave(*process, {"a"}).error(),
                               groups->broadcast(*process, "a", "t", {}).error()}) {
    EXPECT_EQ(refused.kind, kind::unavailable);
    EXPECT_EQ(refused.message, "pg: service stopped");
  }
  groups->start();
  EXPECT_TRUE(groups->members("a").empty());
  ASSERT_TRUE(groups->join(*process, {"a"}));
  TestNode::send(*process, "t");
  test.run();
  EXPECT_TRUE(groups->groups().empty()) << "it ended";
}

// Random joins, leaves and ends against a plain list of joins.
TEST(ProcessGroups, KeepTheJoinsInOrder) {
  const std::vector<std::string> names = {"a", "b", "c"};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    TestNode test(seed);
    const auto random = [&test](size_t below) { return (test.random.next() >> 8) % below; };
    const auto groups = std::make_shared<ProcessGroups>(GroupOptions());
    groups->start();
    std::vector<sched::Ref<Process>> processes;
    std::vector<std::pair<std::string, std::string>> joins;  // group and PID, oldest first
    for (int step = 0; step < 200; ++step) {
      const std::string& name = names[random(names.size())];
      if (processes.size() < 4) processes.push_back(test.start(waits));
      const size_t chosen = random(processes.size());
      Process& process = *processes[chosen];
      const auto is_join = [&](const auto& join) {
        return join.first == name && join.second == process.pid_text();
      };
      switch (random(6)) {
        case 0:
        case 1:
        case 2:
          ASSERT_TRUE(groups->join(process, {name}));
          joins.emplace_back(name, process.pid_text());
          break;
        case 3:
        case 4: {
          const auto at = std::find_if(joins.begin(), joins.end(), is_join);
          ASSERT_EQ(groups->leave(process, {name}).has_value(), at != joins.end()) << "seed " << seed;
          if (at != joins.end()) joins.erase(at);
          break;
        }
        default:
          TestNode::send(process, "t");
          test.run();
          std::erase_if(joins, [&](const auto& join) { return join.second == process.pid_text(); });
          processes.erase(processes.begin() + static_cast<std::ptrdiff_t>(chosen));
      }
      std::map<std::string, std::vector<std::string>> expected;
      for (const auto& [group, pid] : joins) expected[group].push_back(pid);
      for (const std::string& group : names) {
        ASSERT_EQ(texts(groups->members(group)), expected[group]) << "seed " << seed << " step " << step;
      }
      std::erase_if(expected, [](const auto& group) { return group.second.empty(); });
      ASSERT_EQ(groups->groups().size(), expected.size());
    }
  }
}

TEST(EventBus, Patterns) {
  for (const char* pattern : {"*", "**", "order*", "order.*", "order.new"})
    EXPECT_EQ(EventBus::matches(pattern, "order.new"), std::string(pattern) != "**") << pattern;
  for (const char* pattern : {"", "order", "*new", "order|payment"})
    EXPECT_FALSE(EventBus::matches(pattern, "order.new")) << pattern;
  EXPECT_TRUE(EventBus::matches("**", "*x"));
  EXPECT_TRUE(EventBus::matches("*", ""));
}

}  // namespace
}  // namespace trivium::units
