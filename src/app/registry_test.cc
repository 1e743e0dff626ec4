#include "app/registry.h"

#include <gtest/gtest.h>

#include <thread>

#include "app/meta.h"
#include "app/test_entry.h"

namespace trivium::app {
namespace {

EntryPtr entry(std::string_view id, std::string kind, int64_t v = 0) {
  return std::make_shared<const Entry>(
      Entry{EntryId::parse(id), std::move(kind), Object(), Object{{"v", Value(v)}}, nullptr});
}

std::string ids(const Snapshot& snapshot) {
  std::string text;
  for (const EntryPtr& e : snapshot.all()) text += e->id.text() + " ";
  return text;
}

TEST(Snapshot, OrderedByNamespaceThenName) {
  const Snapshot snapshot(3, {entry("b:a", "k"), entry("a:z", "process.lua"), entry("a:b", "process.host"),
                              entry("a.c:x", "processes")});
  EXPECT_EQ(snapshot.version(), 3u);
  EXPECT_EQ(ids(snapshot), "a:b a:z a.c:x b:a ");
  EXPECT_EQ(snapshot.find({"a", "z"})->kind, "process.lua");
  EXPECT_EQ(snapshot.find({"a", "y"}), nullptr);
  EXPECT_EQ(snapshot.of_kind("process.").size(), 2u);
  EXPECT_EQ(snapshot.of_kind("process.lua").size(), 1u);
  EXPECT_TRUE(snapshot.of_kind("process").empty());
}

TEST(Snapshot, TheLastOfEqualIdsStays) {
  const Snapshot snapshot(1, {entry("a:x", "k", 1), entry("a:x", "k", 2), entry("a:w", "k")});
  ASSERT_EQ(snapshot.all().size(), 2u);
  EXPECT_EQ(*snapshot.find({"a", "x"})->field("v"), Value(2));
}

TEST(Registry, VersionsGrowAndReadersKeepTheirs) {
  Registry registry;
  EXPECT_EQ(registry.current()->version(), 0u);
  const SnapshotPtr first = registry.publish({entry("a:x", "k")});
  const SnapshotPtr second = registry.publish({});
  EXPECT_EQ(first->version(), 1u);
  EXPECT_EQ(second->version(), 2u);
  EXPECT_EQ(first->all().size(), 1u);
  EXPECT_EQ(registry.current(), second);
}

TEST(Registry, PublishOverAnOldVersionIsAConflict) {
  Registry registry;
  EXPECT_TRUE(registry.publish_over(0, {}));
  const auto late = registry.publish_over(0, {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, kind::conflict);
  EXPECT_EQ(registry.current()->version(), 1u);
}

TEST(Registry, ConcurrentReadersAndWriters) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&registry, t] {
      for (int i = 0; i < 200; ++i) {
        if (t % 2 == 0) {
          registry.publish({entry("a:x", "k", i)});
        } else {
          const SnapshotPtr snapshot = registry.current();
          EXPECT_LE(snapshot->all().size(), 1u);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.current()->version(), 400u);
}

TEST(Meta, BothSpellingsMeanTheSame) {
  Problems problems;
  const auto entries = test_entries(
      "namespace: app\nentries:\n"
      "  - {name: a, kind: workflow.lua, meta: {workflow: {worker: w}}}\n"
      "  - {name: b, kind: workflow.lua, meta: {temporal: {workflow: {worker: 'x:w', name: n}}}}\n"
      "  - {name: c, kind: function.lua, meta: {activity: free text, temporal: {activity: {worker: w, local: "
      "true}}}}\n"
      "  - {name: d, kind: function.lua}\n",
      problems);
  EXPECT_EQ(workflow_worker(entries[0]), (EntryId{"app", "w"}));
  EXPECT_EQ(workflow_worker(entries[1]), (EntryId{"x", "w"}));
  EXPECT_EQ(*workflow_meta(entries[1])->find("name"), Value("n"));
  EXPECT_EQ(activity_worker(entries[2]), (EntryId{"app", "w"}));
  EXPECT_EQ(activity_worker(entries[3]), std::nullopt);
  EXPECT_EQ(workflow_worker(entries[3]), std::nullopt);
}

TEST(Meta, Commands) {
  Problems problems;
  const auto entries = test_entries(
      "namespace: app\nentries:\n"
      "  - {name: a, kind: process.lua, meta: {command: {name: sum, short: Add, main: true}}}\n"
      "  - {name: b, kind: process.lua, meta: {command: {name: ''}}}\n"
      "  - {name: c, kind: function.lua, meta: {command: {name: sum}}}\n",
      problems);
  const auto command = command_of(entries[0]);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->name, "sum");
  EXPECT_EQ(command->summary, "Add");
  EXPECT_TRUE(command->main);
  EXPECT_EQ(command->use_case, "run");
  EXPECT_FALSE(command_of(entries[1]));
  EXPECT_FALSE(command_of(entries[2]));
}

}  // namespace
}  // namespace trivium::app
