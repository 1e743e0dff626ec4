#include "app/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/cycles.h"
#include "app/test_entry.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;

class DependenciesTest : public testing::Test {
 protected:
  void load(std::string_view yaml) {
    snapshot = test_snapshot(yaml, problems);
    ASSERT_EQ(problems.render(), "");
  }
  std::vector<std::string> of(std::string_view id) {
    std::vector<std::string> out;
    for (const EntryId& d : Dependencies(snapshot).of(*snapshot.find(EntryId::parse(id))))
      out.push_back(d.text());
    return out;
  }
  std::vector<std::string> order() {
    std::vector<std::string> out;
    for (const Entry* entry : Dependencies(snapshot).creation_order()) out.push_back(entry->id.name);
    return out;
  }

  Problems problems;
  Snapshot snapshot;
};

TEST_F(DependenciesTest, EdgesFromAllPlaces) {
  load(
      "namespace: app\n"
      "entries:\n"
      "  - {name: a, kind: k, meta: {groups: [g1]}}\n"
      "  - {name: b, kind: k, meta: {groups: g1}}\n"
      "  - {name: c, kind: k}\n"
      "  - {name: addr, kind: env.variable, variable: ADDR}\n"
      "  - {name: by_id, kind: env.variable}\n"
      "  - {name: service, kind: process.service, process: a, host: 'app:b'}\n"
      "  - {name: grouped, kind: k, lifecycle: {requires: ['group:g1']}}\n"
      "  - {name: placeholders, kind: k, x: {y: ['${env:ADDR}:${env:by_id}']}, source: '${env:c}'}\n"
      "  - {name: passive, kind: registry.entry, x: '${env:ADDR}'}\n"
      "  - {name: envs, kind: k, host_env: ADDR, tls: {key_env: by_id}}\n"
      "  - {name: lib, kind: k, imports: {x: 'app:c', y: time}}\n"
      "  - {name: any, kind: k, some: {depends_on: [c]}, host: gone, process: any}\n"
      "  - {name: contracts, kind: k, contracts: [{contract: a, methods: {m: b}}]}\n"
      "  - {name: contract_map, kind: k, contracts: {x: {contract: a, methods: {m: c}}}}\n"
      "  - {name: worker, kind: k, meta: {temporal: {activity: {worker: c}}}}\n"
      "  - {name: worker2, kind: k, meta: {workflow: {worker: c}}}\n"
      "  - {name: all, kind: k, meta: {depends_on: 'ns:other'}}\n");
  EXPECT_THAT(of("app:service"), ElementsAre("app:a", "app:b"));
  EXPECT_THAT(of("app:grouped"), ElementsAre("app:a", "app:b"));
  EXPECT_THAT(of("app:placeholders"), ElementsAre("app:addr", "app:by_id"));
  EXPECT_THAT(of("app:passive"), ElementsAre());
  EXPECT_THAT(of("app:envs"), ElementsAre("app:addr", "app:by_id"));
  EXPECT_THAT(of("app:lib"), ElementsAre("app:c"));
  EXPECT_THAT(of("app:any"), ElementsAre("app:c"));
  EXPECT_THAT(of("app:contracts"), ElementsAre("app:a", "app:b"));
  EXPECT_THAT(of("app:contract_map"), ElementsAre("app:a", "app:c"));
  EXPECT_THAT(of("app:worker"), ElementsAre("app:c"));
  EXPECT_THAT(of("app:worker2"), ElementsAre("app:c"));
  EXPECT_THAT(of("app:all"), ElementsAre());
}

TEST_F(DependenciesTest, NamespaceStandsForItsEntries) {
  load(
      "namespace: a\nentries:\n  - {name: x, kind: k, lifecycle: {requires: 'ns:a'}}\n  - {name: y, kind: "
      "k}\n");
  EXPECT_THAT(of("a:x"), ElementsAre("a:y"));
}

TEST_F(DependenciesTest, OrderFollowsEdgesThenIds) {
  load(
      "namespace: n\nentries:\n  - {name: a, kind: k, host: z}\n  - {name: m, kind: k}\n  - {name: b, kind: "
      "k}\n"
      "  - {name: z, kind: k, host: m}\n");
  EXPECT_THAT(order(), ElementsAre("b", "m", "z", "a"));
}

TEST_F(DependenciesTest, CyclesFallBackToTheLowestId) {
  load(
      "namespace: n\nentries:\n  - {name: a, kind: k, host: b}\n  - {name: b, kind: k, host: a}\n"
      "  - {name: c, kind: k, host: b}\n  - {name: d, kind: k}\n");
  EXPECT_THAT(order(), ElementsAre("d", "a", "b", "c"));
}

TEST_F(DependenciesTest, LifecycleKeepsOrderAndUnknownTargets) {
  load(
      "namespace: n\nentries:\n  - {name: a, kind: k, lifecycle: {requires: [z, b], depends_on: [b, "
      "'o:c']}}\n");
  std::vector<std::string> ids;
  for (const EntryId& id : Dependencies(snapshot).lifecycle_of(*snapshot.all()[0])) ids.push_back(id.text());
  EXPECT_THAT(ids, ElementsAre("n:z", "n:b", "o:c"));
}

TEST(Cycles, OneLoopForEachKnot) {
  // 0 -> 1 -> 2 -> 0 with a shortcut 0 -> 2, 3 -> 3, 4 -> 5.
  const auto cycles = find_cycles({{1, 2}, {2}, {0}, {3}, {5}, {}});
  EXPECT_THAT(cycles, ElementsAre(ElementsAre(0, 2), ElementsAre(3)));
  EXPECT_TRUE(find_cycles({{1}, {2}, {}}).empty());
}

TEST(Cycles, LongChainsNeedNoStack) {
  std::vector<std::vector<size_t>> edges(100000);
  for (size_t i = 0; i < edges.size(); ++i) edges[i].push_back((i + 1) % edges.size());
  ASSERT_EQ(find_cycles(edges).size(), 1u);
  EXPECT_EQ(find_cycles(edges)[0].size(), edges.size());
}

}  // namespace
}  // namespace trivium::app
