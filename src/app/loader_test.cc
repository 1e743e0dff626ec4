#include "app/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_project.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> ids(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Entry& entry : loaded.entries) out.push_back(entry.id.text());
  return out;
}

TEST(Loader, ReadsEntriesWithTheirPlaces) {
  TestProject project;
  project.write("src/_index.yaml",
                "version: \"1.0\"\n"
                "namespace: app\n"
                "meta: {owner: core, tier: 1}\n"
                "entries:\n"
                "  - name: worker\n"
                "    kind: process.lua\n"
                "    meta: {tier: 2}\n"
                "    source: file://worker.lua\n"
                "    modules: [time, json]\n"
                "    lifecycle:\n"
                "      restart:\n"
                "        max_attempts: 3\n");
  project.write("src/worker.lua", "return function() end\n");
  const Loaded loaded = project.load();
  ASSERT_EQ(project.problems.render(), "");
  ASSERT_EQ(loaded.entries.size(), 1u);
  const Entry& entry = loaded.entries[0];
  EXPECT_EQ(entry.id, (EntryId{"app", "worker"}));
  EXPECT_EQ(entry.kind, "process.lua");
  EXPECT_EQ(*entry.field("source"), Value("return function() end\n"));
  EXPECT_EQ(*entry.field("meta.owner"), Value("core"));
  EXPECT_EQ(*entry.field("meta.tier"), Value(2));
  EXPECT_EQ(entry.data.find("name"), nullptr);
  EXPECT_EQ(entry.place().text(), "src/_index.yaml:5");
  EXPECT_EQ(entry.place("kind").line, 6);
  EXPECT_EQ(entry.place("meta.owner").line, 3);
  EXPECT_EQ(entry.place("meta.tier").line, 7);
  EXPECT_EQ(entry.place("modules[1]").line, 9);
  EXPECT_EQ(entry.place("lifecycle.restart.max_attempts").line, 12);
  EXPECT_EQ(entry.place("lifecycle.start_timeout").line, 10);
  EXPECT_EQ(entry.origin->included_from("source"), "src/worker.lua");
}

TEST(Loader, ScansInByteOrderAndSkipsNodeModules) {
  TestProject project;
  const auto index = [](std::string ns) {
    return "namespace: " + ns + "\nentries: [{name: e, kind: registry.entry}]\n";
  };
  project.write("src/b/_index.yaml", index("b"));
  project.write("src/B.yml", index("upper"));
  project.write("src/a.yaml", index("a"));
  project.write("src/.hidden/x.json",
                R"({"namespace": "hidden", "entries": [{"name": "e", "kind": "registry.entry"}]})");
  project.write("src/node_modules/x.yaml", index("no"));
  project.write("src/notes.txt", "namespace: no");
  EXPECT_THAT(ids(project.load()), ElementsAre("hidden:e", "upper:e", "a:e", "b:e"));
}

TEST(Loader, IgnoresFilesWithoutNamespace) {
  TestProject project;
  project.write("src/package.json", R"({"name": "ui", "kind": 1, "a": 1, "a": 2})");
  project.write("src/tsconfig.json", "{ // comments\n}");
  project.write("src/values.yaml", "a: b: c\n  x");
  project.write("src/blank.yaml", "namespace: '  '\nentries: 1\n");
  project.write("src/list.yaml", "- file://nowhere\n");
  project.write("src/empty.yaml", "");
  EXPECT_THAT(ids(project.load()), ElementsAre());
  EXPECT_EQ(project.problems.render(), "");
}

TEST(Loader, ListsAllMistakesOfAllFiles) {
  TestProject project;
  project.write("src/a.yaml",
                "namespace: a\n"
                "entries:\n"
                "  - name: one\n"
                "  - kind: registry.entry\n"
                "  - just text\n"
                "  - name: 7\n"
                "    kind: registry.entry\n"
                "  - name: good\n"
                "    kind: registry.entry\n"
                "    x: 1\n"
                "    x: 2\n"
                "    404: no\n");
  project.write("src/b.yaml", "namespace: b\nentries:\n  - name: x: y\n");
  project.write("src/c.yaml", "namespace: c\n");
  project.write("src/d.yaml", "namespace: d\nentries: {name: x}\n");
  const Loaded loaded = project.load();
  EXPECT_EQ(
      project.problems.render(),
      "src/a.yaml:3: entry a:one: field kind: is required and must be a non-empty string (add `kind: …`)\n"
      "src/a.yaml:4:5: entry[1].name: name is required and must be a non-empty string (add `name: …`)\n"
      "src/a.yaml:5:5: entry[2] must be a map with name and kind, not a string\n"
      "src/a.yaml:6:5: entry[3].name: name is required and must be a non-empty string (it is an integer; "
      "quote "
      "it)\n"
      "src/a.yaml:11:5: duplicate key \"x\", first written on line 10 (remove one of them)\n"
      "src/a.yaml:12:5: map keys must be strings, this one is an integer (quote it: \"404\")\n"
      "src/b.yaml:3:12: YAML syntax: illegal map value (a text with \": \" inside must be quoted)\n"
      "src/c.yaml:1:1: entries: either entries array or single entry (name/kind) must be provided (write "
      "`entries: []` for a file without entries)\n"
      "src/d.yaml:2:1: entries must be a list, not a map (start each entry with `- name: …`)\n");
  EXPECT_THAT(ids(loaded), ElementsAre("a:good"));
  EXPECT_TRUE(loaded.broken_namespaces.contains("b"));
}

TEST(Loader, LenientSkipsTheWholeFileWithAWarning) {
  TestProject project;
  auto sink = std::make_shared<TestSink>();
  project.log = Log(sink, "loader");
  project.write("src/a.yaml", "namespace: a\nentries: [{name: x, kind: registry.entry}, {name: y}]\n");
  project.write("src/b.yaml",
                "namespace: b\nmeta: 3\nentries: [{name: x, kind: registry.entry, meta: no}]\n");
  EXPECT_THAT(ids(project.load(true)), ElementsAre("b:x"));
  EXPECT_TRUE(project.problems.empty());
  ASSERT_EQ(sink->messages.size(), 1u);
  EXPECT_THAT(sink->messages[0], HasSubstr("process file path=src/a.yaml error="));
}

TEST(Loader, RefusesDuplicateIdsNamingBothPlaces) {
  TestProject project;
  project.write("src/a.yaml", "namespace: a\nentries:\n  - {name: x, kind: registry.entry, v: 1}\n");
  project.write("src/b.yaml", "namespace: a\n\nentries:\n  - {name: x, kind: registry.entry, v: 2}\n");
  project.load();
  EXPECT_EQ(project.problems.render(),
            "src/b.yaml:4: entry a:x: the id is already taken by the entry at src/a.yaml:3 (rename or remove "
            "one of "
            "them)\n");

  auto sink = std::make_shared<TestSink>();
  project.log = Log(sink, "loader");
  const Loaded loaded = project.load(true);
  ASSERT_THAT(ids(loaded), ElementsAre("a:x"));
  EXPECT_EQ(*loaded.entries[0].field("v"), Value(2));
  EXPECT_THAT(sink->messages, ElementsAre("duplicate entries detected (will use last definition)"));
}

TEST(Loader, FileValues) {
  TestProject project;
  project.write("src/feature/_index.yaml",
                "namespace: f\n"
                "entries:\n"
                "  - name: ok\n"
                "    kind: registry.entry\n"
                "    near: file://near.txt\n"
                "    far: file:///shared/far.txt\n"
                "    up: [{t: file://../shared/far.txt}]\n"
                "    meta: {readme: file://near.txt}\n"
                "  - name: missing\n"
                "    kind: registry.entry\n"
                "    a: file://naer.txt\n"
                "    b:\n"
                "      - file://../../secret.txt\n"
                "      - file://\n"
                "      - file:///\n");
  project.write("src/feature/near.txt", "file://not-again\n");
  project.write("src/shared/far.txt", "far");
  project.write("secret.txt", "secret");
  const Loaded loaded = project.load();
  ASSERT_EQ(loaded.entries.size(), 1u);
  const Entry& entry = loaded.entries[0];
  EXPECT_EQ(*entry.field("near"), Value("file://not-again\n"));
  EXPECT_EQ(*entry.field("meta.readme"), Value("file://not-again\n"));
  EXPECT_EQ(*entry.field("far"), Value("far"));
  EXPECT_EQ(entry.field("up")->as_array()[0].find("t")->as_string(), "far");
  const auto& all = project.problems.all();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].entry, "f:missing");
  EXPECT_EQ(all[0].field, "a");
  EXPECT_EQ(all[0].place.line, 11);
  EXPECT_THAT(all[0].message, HasSubstr("failed to read file"));
  EXPECT_THAT(all[0].message, HasSubstr("did you mean near.txt?"));
  EXPECT_EQ(all[1].field, "b[0]");
  EXPECT_THAT(all[1].message, HasSubstr("path traversal detected in file path: ../../secret.txt"));
  EXPECT_THAT(all[2].message, HasSubstr("names no file"));
  EXPECT_THAT(all[3].message, HasSubstr("names no file"));
}

TEST(Loader, SingleEntryFormAndDataKey) {
  TestProject project;
  project.write("src/a.yaml",
                "namespace: a\nname: x\nkind: registry.entry\nversion: 1\nmeta: {m: 1}\nv: 5\n");
  project.write("src/b.yaml",
                "namespace: b\nentries:\n  - {name: x, kind: registry.entry, data: [1, 2], v: 5}\n");
  const Loaded loaded = project.load();
  ASSERT_EQ(project.problems.render(), "");
  EXPECT_EQ(loaded.entries[0].data, Value(Object{{"v", 5}}));
  EXPECT_EQ(loaded.entries[0].meta, Value(Object{{"m", 1}}));
  EXPECT_EQ(loaded.entries[1].data, Value(Array{1, 2}));
}

}  // namespace
}  // namespace trivium::app
