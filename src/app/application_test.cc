#include "app/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_project.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ApplicationTest : public testing::Test {
 protected:
  ApplicationTest() {
    for (const char* kind : {"process.lua", "process.host", "library.lua"}) kinds.add(kind);
    options.root = project.root();
    options.kinds = &kinds;
    options.modules = {"time"};
  }
  Result<Application> load() {
    Problems problems;
    ConfigOptions config;
    config.root = project.root();
    return load_application(Config::load(config, problems), options, project.log);
  }

  TestProject project;
  Kinds kinds;
  ApplicationOptions options;
};

TEST_F(ApplicationTest, LoadsAndDecodes) {
  project.write("src/_index.yaml",
                "namespace: app\nentries:\n  - {name: z, kind: process.host}\n"
                "  - {name: a, kind: process.lua, source: file://a.lua, modules: [time]}\n");
  project.write("src/a.lua", "return {main = function() end}");
  project.write(".trivium.yaml", "override: {'app:z:host.workers': 2}\n");
  const auto application = load();
  ASSERT_TRUE(application) << application.error().message;
  EXPECT_EQ(application->entries[0]->id.name, "z");
  EXPECT_EQ(application->snapshot.all()[0]->id.name, "a");
  EXPECT_EQ(*application->snapshot.find({"app", "z"})->field("host.workers"), Value(2));
  EXPECT_EQ(application->lua.find({"app", "a"})->source_file, "src/a.lua");
}

TEST_F(ApplicationTest, OneErrorNamesEverything) {
  project.write("src/a.yaml", "namespace: a\nentries:\n  - {name: x, kind: process.lu}\n  - {name: y}\n");
  project.write("src/b.yaml",
                "namespace: b\nentries:\n  - {name: x, kind: process.lua, source: file://gone.lua}\n");
  project.write("src/c.yaml",
                "namespace: c\nentries:\n  - {name: d, kind: ns.dependency, component: org/gone}\n");
  project.write(".trivium.yaml", "override: {'a:q:v': 2}\n");
  const auto application = load();
  ASSERT_FALSE(application);
  const std::string& text = application.error().message;
  EXPECT_THAT(
      text, HasSubstr("5 problems found:\n  modules that are not installed: org/gone\n  .trivium.yaml:1:12: "
                      "override a:q:v: there is no entry a:q"));
  EXPECT_THAT(
      text, HasSubstr("\n  src/a.yaml:3: entry a:x: field kind: no handler for kind process.lu (did you mean "
                      "process.lua?)"));
  EXPECT_THAT(text, HasSubstr("\n  src/a.yaml:4: entry a:y: field kind: is required"));
  EXPECT_THAT(text, HasSubstr("\n  src/b.yaml:3: entry b:x: field source: failed to read file"));
  EXPECT_EQ(application.error().details.find("problems")->as_array().size(), 5u);
}

TEST_F(ApplicationTest, MistakesInProgramsAreShownWithTheOthers) {
  int asked = 0;
  options.check_program = [&asked](const LuaEntry& entry, Problems& problems) {
    ++asked;
    if (entry.source == "?") {
      problems.add({{entry.source_file, 3, 7}, entry.id.text(), "source", "odd", {}, true});
    }
  };
  project.write("src/a.yaml",
                "namespace: a\nentries:\n  - {name: x, kind: process.lua, source: file://x.lua}\n"
                "  - {name: y, kind: library.lua, source: file://x.lua}\n");
  project.write("src/x.lua", "?");
  ASSERT_TRUE(load());
  EXPECT_EQ(asked, 0);  // who runs the application compiles them
  project.write("src/b.yaml", "namespace: b\nentries:\n  - {name: x, kind: unknown}\n");
  const auto application = load();
  ASSERT_FALSE(application);
  EXPECT_EQ(application.error().message,
            "2 problems found:\n  src/b.yaml:3: entry b:x: field kind: no handler for kind unknown\n"
            "  src/x.lua:3:7: entry a:x: field source: odd");
  options.lenient = true;
  const auto rest = load();
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->entries.empty());
}

TEST_F(ApplicationTest, LenientSkipsWhatNeedsASkippedEntry) {
  options.lenient = true;
  project.write("src/a.yaml",
                "namespace: a\nentries:\n  - {name: x, kind: library.lua}\n"
                "  - {name: y, kind: library.lua, source: y, imports: {x: 'a:x'}}\n"
                "  - {name: z, kind: process.lua, source: z, imports: {y: 'a:y'}}\n"
                "  - {name: host, kind: process.host}\n");
  const auto application = load();
  ASSERT_TRUE(application) << application.error().message;
  ASSERT_EQ(application->entries.size(), 1u);
  EXPECT_EQ(application->entries[0]->id.name, "host");
}

TEST_F(ApplicationTest, LenientSkipsEntriesWithMistakes) {
  auto sink = std::make_shared<TestSink>();
  project.log = Log(sink, "app");
  options.lenient = true;
  project.write("src/a.yaml",
                "namespace: a\nentries:\n  - {name: x, kind: unknown}\n  - {name: y, kind: process.host}\n");
  project.write("src/b.yaml", "namespace: b\nentries:\n  - {name: x}\n");
  const auto application = load();
  ASSERT_TRUE(application) << application.error().message;
  ASSERT_EQ(application->entries.size(), 1u);
  EXPECT_EQ(application->snapshot.all().size(), 1u);
  EXPECT_EQ(sink->messages.size(), 2u);
}

TEST_F(ApplicationTest, EmptyDirectory) {
  const auto application = load();
  ASSERT_TRUE(application);
  EXPECT_TRUE(application->entries.empty());
}

}  // namespace
}  // namespace trivium::app
