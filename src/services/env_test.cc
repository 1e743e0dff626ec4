#include "services/env.h"

#include <gtest/gtest.h>

#include "app/test_entry.h"

namespace trivium::services {
namespace {

class EnvService : public testing::Test {
 protected:
  // The entries of namespace app.env, indented like list items.
  app::Snapshot snapshot(const std::string& entries) {
    app::Problems reading;
    app::Snapshot made =
        app::test_snapshot("version: \"1.0\"\nnamespace: app.env\nentries:\n" + entries, reading);
    EXPECT_TRUE(reading.empty()) << reading.render();
    return made;
  }
  std::string apply(const app::Snapshot& snapshot) {
    app::Problems problems;
    env_.apply(snapshot, problems);
    return problems.empty() ? "" : problems.render();
  }
  std::string get(std::string_view key, std::string_view home = "app") {
    Result<std::string> value = env_.get(key, home);
    return value ? *value : "<" + value.error().kind + ": " + value.error().message + ">";
  }

  Env env_;
  const std::string storages_ =
      "  - {name: memory, kind: env.storage.memory}\n"
      "  - {name: fixed, kind: env.storage.static, values: {A: one, app.env:unnamed: two, EMPTY: \"\"}}\n";
};

TEST_F(EnvService, FindsVariablesByNameIdAndNeighbourhood) {
  EXPECT_EQ(
      apply(snapshot(storages_ + "  - {name: a, kind: env.variable, storage: app.env:fixed, variable: A}\n"
                                 "  - {name: unnamed, kind: env.variable, storage: app.env:fixed}\n")),
      "");
  EXPECT_EQ(get("A"), "one");
  EXPECT_EQ(get("app.env:a"), "one");
  EXPECT_EQ(get("a", "app.env"), "one");
  EXPECT_EQ(get("a", "app"), "<NotFound: environment variable not found>");
  EXPECT_EQ(get("app.env:unnamed"), "two");
  EXPECT_EQ(get(""), "<Invalid: empty key>");
  EXPECT_EQ(get("EMPTY"), "<NotFound: environment variable not found>");
}

TEST_F(EnvService, EmptyCountsAsUnset) {
  apply(snapshot(storages_ +
                 "  - {name: e, kind: env.variable, storage: app.env:fixed, variable: EMPTY}\n"
                 "  - {name: m, kind: env.variable, storage: app.env:memory, variable: M, default: d}\n"));
  EXPECT_EQ(get("EMPTY"), "<NotFound: environment variable not found>");
  EXPECT_EQ(get("M"), "d");
  ASSERT_TRUE(env_.set("M", "app", ""));
  EXPECT_EQ(get("M"), "d");
  ASSERT_TRUE(env_.set("M", "app", "x"));
  EXPECT_EQ(get("M"), "x");
}

TEST_F(EnvService, Writing) {
  apply(snapshot(storages_ +
                 "  - {name: a, kind: env.variable, storage: app.env:fixed, variable: A}\n"
                 "  - {name: m, kind: env.variable, storage: app.env:memory}\n"
                 "  - {name: r, kind: env.variable, storage: app.env:memory, readonly: true}\n"
                 "  - {name: w, kind: env.variable, storage: app.env:memory, read_only: true}\n"));
  EXPECT_EQ(env_.set("A", "app", "x").error().message, "storage is read-only");
  EXPECT_EQ(env_.set("app.env:r", "app", "x").error().message, "environment variable is read-only");
  EXPECT_EQ(env_.set("none", "app", "x").error().kind, kind::not_found);
  EXPECT_TRUE(env_.set("app.env:w", "app", "x"));
  ASSERT_TRUE(env_.set("app.env:m", "app", "x"));
  EXPECT_EQ(env_.all()->at("app.env:m"), "x");
  EXPECT_EQ(env_.all()->at("A"), "one");
}

TEST_F(EnvService, UnchangedStoragesKeepTheirValues) {
  const app::Snapshot before =
      snapshot(storages_ + "  - {name: m, kind: env.variable, storage: app.env:memory, variable: M}\n");
  apply(before);
  ASSERT_TRUE(env_.set("M", "app", "kept"));
  std::vector<app::EntryPtr> entries(before.all().begin(), before.all().end());
  std::erase_if(entries, [](const app::EntryPtr& entry) { return entry->id.name == "fixed"; });
  apply(app::Snapshot(2, entries));
  EXPECT_EQ(get("M"), "kept");

  std::erase_if(entries, [](const app::EntryPtr& entry) { return entry->id.name == "memory"; });
  apply(app::Snapshot(3, entries));
  EXPECT_EQ(get("M"), "<NotFound: storage not found: app.env:memory>");
  apply(app::Snapshot(4, {}));
  EXPECT_EQ(get("M"), "<NotFound: environment variable not found>");
}

TEST_F(EnvService, MistakesLeaveOnlyTheirEntryOut) {
  const std::string problems = apply(
      snapshot(storages_ + "  - {name: a, kind: env.variable, storage: app.env:fixed, variable: A}\n"
                           "  - {name: b, kind: env.variable, storage: app.env:fixed, variable: A}\n"
                           "  - {name: bad, kind: env.variable, storage: app.env:fixed, variable: \"A-B\"}\n"
                           "  - {name: lost, kind: env.variable, storage: app.env:nowhere, variable: LOST}\n"
                           "  - {name: short, kind: env.variable, storage: fixed, variable: SHORT}\n"));
  EXPECT_NE(problems.find("the name A belongs to app.env:a already"), std::string::npos) << problems;
  EXPECT_NE(problems.find("\"A-B\" is no name of a variable"), std::string::npos) << problems;
  EXPECT_NE(problems.find("there is no entry app.env:nowhere"), std::string::npos) << problems;
  EXPECT_NE(problems.find("must have both namespace and name"), std::string::npos) << problems;
  EXPECT_EQ(get("A"), "one");
  for (const char* key : {"app.env:b", "app.env:bad", "LOST", "SHORT"}) {
    EXPECT_EQ(get(key), "<NotFound: environment variable not found>") << key;
  }
}

TEST_F(EnvService, RoutersMustNotLeadBack) {
  const std::string problems =
      apply(snapshot("  - {name: x, kind: env.storage.router, storages: [app.env:y]}\n"
                     "  - {name: y, kind: env.storage.router, storages: [app.env:memory, app.env:x]}\n"
                     "  - {name: memory, kind: env.storage.memory}\n"
                     "  - {name: none, kind: env.storage.router, storages: []}\n"));
  EXPECT_NE(problems.find("app.env:y leads back to this router"), std::string::npos) << problems;
  EXPECT_NE(problems.find("app.env:x leads back to this router"), std::string::npos) << problems;
  EXPECT_NE(problems.find("app.env:none"), std::string::npos) << problems;
  EXPECT_TRUE(env_.all()->empty());
}

TEST_F(EnvService, SaysWhatBlocks) {
  apply(snapshot(storages_ +
                 "  - {name: file, kind: env.storage.file, file_path: nowhere/values.env}\n"
                 "  - {name: router, kind: env.storage.router, storages: [app.env:memory, app.env:file]}\n"
                 "  - {name: a, kind: env.variable, storage: app.env:fixed, variable: A}\n"
                 "  - {name: f, kind: env.variable, storage: app.env:file, variable: F}\n"
                 "  - {name: r, kind: env.variable, storage: app.env:router, variable: R}\n"));
  EXPECT_FALSE(env_.blocks("A", "app"));
  EXPECT_FALSE(env_.blocks("unknown", "app"));
  EXPECT_TRUE(env_.blocks("F", "app"));
  EXPECT_TRUE(env_.blocks("R", "app"));
  EXPECT_TRUE(env_.blocks());
}

TEST_F(EnvService, PlaceholdersSeeVariables) {
  EXPECT_EQ(apply(snapshot(
                storages_ +
                "  - {name: derived, kind: env.storage.static, values: {B: \"${env:M}-${env:N|none}\"}}\n"
                "  - {name: b, kind: env.variable, storage: app.env:derived, variable: B}\n"
                "  - {name: m, kind: env.variable, storage: app.env:memory, variable: M, default: d}\n")),
            "");
  EXPECT_EQ(get("B"), "d-none");
  const app::VariableLookup lookup = env_.lookup();
  EXPECT_EQ(lookup("M", "app"), "d");
  EXPECT_EQ(lookup("m", "app.env"), "d");
  EXPECT_EQ(lookup("HOME", "app"), std::nullopt);
}

TEST_F(EnvService, ChecksFindTheSameMistakes) {
  app::Kinds kinds;
  add_env_kinds(kinds);
  const app::Snapshot entries = snapshot(
      "  - {name: file, kind: env.storage.file}\n"
      "  - {name: fixed, kind: env.storage.static, values: {A: 1}}\n"
      "  - {name: v, kind: env.variable}\n"
      "  - {name: odd, kind: env.storage.file, file_path: \"${env:HOME}/x\", file_mode: 0644}\n");
  app::FieldContext context;
  context.snapshot = &entries;
  app::Problems problems;
  for (const app::EntryPtr& entry : entries.all()) {
    EXPECT_TRUE(kinds.known(entry->kind));
    kinds.check(*entry, context, problems);
  }
  EXPECT_EQ(problems.size(), 3u) << problems.render();
}

}  // namespace
}  // namespace trivium::services
