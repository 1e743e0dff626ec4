#include "app/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_project.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string entry(std::string_view ns, std::string_view more = "") {
  return "namespace: " + std::string(ns) + "\nentries: [{name: e, kind: registry.entry" + std::string(more) +
         "}]\n";
}

std::vector<std::string> ids(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Entry& e : loaded.entries) out.push_back(e.id.text());
  return out;
}

TEST(Layout, NeitherLockNorSource) {
  TestProject project;
  const Loaded loaded = project.load();
  EXPECT_FALSE(loaded.layout.found);
  EXPECT_TRUE(loaded.entries.empty());
  EXPECT_TRUE(project.problems.empty());
}

TEST(Layout, LockFileNamesTheSource) {
  TestProject project;
  project.write("wippy.lock", "directories: {src: ./code}\n").write("code/a.yaml", entry("code"));
  project.write("src/a.yaml", entry("src"));
  EXPECT_THAT(ids(project.load()), ElementsAre("code:e"));
  project.write("trivium.lock", "directories: {src: src}\n");
  EXPECT_THAT(ids(project.load()), ElementsAre("src:e"));
}

TEST(Layout, SourceDefaultsToTheRootAndLeavesModulesOut) {
  TestProject project;
  project.write("wippy.lock", "modules: []\n").write("a.yaml", entry("a"));
  project.write(".wippy/vendor/org/mod/m.yaml", entry("m"));
  const Loaded loaded = project.load();
  EXPECT_THAT(ids(loaded), ElementsAre("a:e", "m:e"));
  EXPECT_EQ(*loaded.entries[1].field("meta.module"), Value("org/mod"));
  EXPECT_EQ(loaded.entries[1].field("meta.module_version"), nullptr);
}

TEST(Layout, ModulesAndReplacements) {
  TestProject project;
  project.write("wippy.lock",
                "directories: {src: src}\n"
                "modules:\n"
                "  - {name: org/plain, version: v1}\n"
                "  - {name: org/legacy, version: v2}\n"
                "  - {name: org/replaced, version: v3}\n"
                "replacements:\n"
                "  - {from: org/replaced, to: ./local}\n");
  project.write("src/a.yaml", entry("a"));
  project.write(".wippy/vendor/org/plain/m.yaml", entry("plain"));
  project.write(".wippy/vendor/org/legacy-v2/m.yaml", entry("legacy"));
  project.write(".wippy/vendor/org/replaced/m.yaml", entry("wrong"));
  project.write("local/m.yaml", entry("outside"));
  project.write("local/src/m.yaml", entry("local"));
  const Loaded loaded = project.load();
  EXPECT_EQ(project.problems.render(), "");
  EXPECT_THAT(ids(loaded), ElementsAre("a:e", "local:e", "plain:e", "legacy:e"));
  EXPECT_EQ(*loaded.entries[3].field("meta.module"), Value("org/legacy"));
  EXPECT_EQ(*loaded.entries[3].field("meta.module_version"), Value("v2"));
}

TEST(Layout, ManifestLeavesFilesAndEntriesOut) {
  TestProject project;
  project.write("src/a.yaml", entry("a"));
  const std::string module = ".wippy/vendor/org/mod/";
  project.write(module + "wippy.yaml", "exclude: ['m.test:*', 'drafts/*']\nexclude_meta: {stage: [dev]}\n");
  project.write(module + "keep.yaml", entry("m"));
  project.write(module + "test.yaml", entry("m.test"));
  project.write(module + "dev.yaml", entry("m.dev", ", meta: {stage: dev}"));
  project.write(module + "drafts/d.yaml", entry("m.draft"));
  EXPECT_THAT(ids(project.load()), ElementsAre("a:e", "m:e"));
}

TEST(Layout, MistakesInTheLockFile) {
  TestProject project;
  project.write("wippy.lock",
                "directories:\n"
                "  src: ''\n"
                "modules:\n"
                "  - {name: nomodule, version: v1}\n"
                "  - {name: org/mod}\n"
                "replacements:\n"
                "  - {from: org/x, to: ./gone}\n"
                "  - {from: org/x}\n");
  project.load();
  EXPECT_EQ(project.problems.render(),
            "wippy.lock:2:3: directories.src must be a non-empty string\n"
            "wippy.lock:4:5: module name \"nomodule\" must be exactly org/module\n"
            "wippy.lock:5:5: module org/mod needs a version (add `version: …`)\n"
            "wippy.lock:7:5: replacement path \"./gone\" does not exist\n"
            "wippy.lock:8:5: a replacement needs non-empty `from` and `to`\n");
}

TEST(Layout, MissingDirectoriesAreSkippedWithAWarning) {
  TestProject project;
  auto sink = std::make_shared<TestSink>();
  project.log = Log(sink, "loader");
  project.write("wippy.lock", "directories: {src: gone}\nmodules: [{name: org/mod, version: v1}]\n");
  project.load();
  EXPECT_TRUE(project.problems.empty());
  ASSERT_EQ(sink->messages.size(), 2u);
  EXPECT_THAT(sink->messages[0], HasSubstr("path not found, skipping"));
}

TEST(Layout, WorkspaceReplacement) {
  TestProject project;
  project.write("src/a.yaml", entry("a")).write("mine/m.yaml", entry("m"));
  LayoutOptions options;
  options.root = project.root();
  options.replacements = {{"org/mod", project.root() / "mine"}};
  const Layout layout = discover_layout(options, project.log, project.problems);
  ASSERT_EQ(layout.paths.size(), 2u);
  EXPECT_EQ(layout.paths[1].module, "org/mod");
}

}  // namespace
}  // namespace trivium::app
