#include "units/supervisor/start_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace trivium::units {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StartPlanTest : public testing::Test {
 protected:
  static EntryId id(const std::string& name) { return {"app", name}; }
  static std::vector<EntryId> ids(const std::vector<std::string>& names) {
    std::vector<EntryId> ids;
    for (const std::string& name : names) ids.push_back(id(name));
    return ids;
  }
  ServiceNode& service(const std::string& name, const std::vector<std::string>& lifecycle_refs = {}) {
    ServiceNode& node = graph.services[id(name)];
    node.lifecycle_refs = ids(lifecycle_refs);
    return node;
  }
  void entry(const std::string& name, const std::vector<std::string>& refs) {
    references[id(name)] = ids(refs);
  }

  // "b(a) c!(a,b)": what is awaited, ! for required.
  std::string order(const std::vector<std::string>& roots) {
    plan = plan_start(graph, ids(roots));
    if (!plan) return plan.error().message;
    std::string text;
    for (const PlannedService& planned : plan->services) {
      text += (text.empty() ? "" : " ") + planned.id.name + (planned.required ? "!" : "") + "(";
      std::string separator;
      for (const EntryId& other : planned.awaits) {
        text += separator + other.name;
        separator = ",";
      }
      text += ")";
    }
    return text;
  }

  References references;
  ServiceGraph graph{{}, references};
  Result<StartPlan> plan;
};

TEST_F(StartPlanTest, PutsDependenciesFirst) {
  service("a", {"b", "c"});
  service("b", {"d"});
  service("c", {"d"});
  service("d");
  service("other");
  EXPECT_EQ(order({"a"}), "d!() b!(d) c!(d) a!(b,c)");
}

TEST_F(StartPlanTest, FollowsEntriesThatAreNoServices) {
  service("consumer");
  service("driver");
  entry("consumer", {"queue", "func"});
  entry("queue", {"driver"});
  entry("func", {"lib"});
  entry("lib", {"func", "consumer"});  // loops, and leads back
  EXPECT_EQ(order({"consumer"}), "driver!() consumer!(driver)");
  service("consumer", {"queue"});
  EXPECT_EQ(order({"consumer"}), "driver!() consumer!(driver)");
}

TEST_F(StartPlanTest, LeavesOutWhatRuns) {
  service("a", {"b"});
  service("b", {"c"}).running = true;
  service("c");
  EXPECT_EQ(order({"a"}), "a!()");
  EXPECT_EQ(order({"b"}), "");
}

TEST_F(StartPlanTest, BlocksWhatMissesADependency) {
  service("a", {"b"});
  service("b", {"nothing", "plain", "d"});
  service("c", {"e"});
  service("d");
  service("e");
  entry("plain", {"void"});
  EXPECT_EQ(order({"a", "c"}), "e!() c!(e)");
  ASSERT_EQ(plan->blocked.size(), 2u);
  EXPECT_EQ(plan->blocked[0].id.name, "a");
  for (const BlockedService& blocked : plan->blocked) {
    EXPECT_EQ(blocked.error.kind, kind::invalid);
    EXPECT_EQ(blocked.error.message,
              "service startup blocked by missing dependencies: app:b requires app:nothing, app:plain");
  }
}

TEST_F(StartPlanTest, IgnoresOtherReferencesThatLeadNowhere) {
  service("a");
  entry("a", {"nothing", "plain"});
  entry("plain", {});
  EXPECT_EQ(order({"a"}), "a!()");
}

TEST_F(StartPlanTest, RefusesCircles) {
  service("a", {"b"});
  service("b");
  service("c", {"c"});
  service("d");
  entry("b", {"a"});
  EXPECT_THAT(order({"a", "d"}), HasSubstr("failed to determine start dependency levels: app:"));
  EXPECT_THAT(order({"c"}), HasSubstr("app:c -> app:c"));
  EXPECT_EQ(order({"d"}), "d!()");
}

TEST_F(StartPlanTest, RequiresWhatARequiredRootNeeds) {
  service("a", {"shared"}).optional = true;
  service("b", {"shared"});
  service("shared").optional = true;
  EXPECT_EQ(order({"a"}), "shared() a(shared)");
  EXPECT_EQ(order({"a", "b"}), "shared!() a(shared) b!(shared)");
}

TEST_F(StartPlanTest, StopsDependentsInEarlierLevels) {
  service("a", {"b", "d"});
  service("b", {"c"});
  service("c", {"d"});
  service("d");
  service("e");
  EXPECT_THAT(stop_levels(graph, {id("a"), id("b"), id("c"), id("d"), id("e")}),
              ElementsAre(ElementsAre(id("a"), id("e")), ElementsAre(id("b")), ElementsAre(id("c")),
                          ElementsAre(id("d"))));
  EXPECT_THAT(stop_levels(graph, {id("a"), id("c")}), ElementsAre(ElementsAre(id("a"), id("c"))));
  EXPECT_THAT(stop_levels(graph, {}), IsEmpty());
  EXPECT_THAT(with_dependents(graph, id("c")), ElementsAre(id("a"), id("b"), id("c")));
}

TEST_F(StartPlanTest, StopsCirclesToo) {
  service("a", {"b"});
  service("b", {"a", "c"});
  service("c");
  const auto levels = stop_levels(graph, {id("a"), id("b"), id("c")});
  EXPECT_THAT(levels, ElementsAre(ElementsAre(id("a")), ElementsAre(id("b")), ElementsAre(id("c"))));
}

}  // namespace
}  // namespace trivium::units
