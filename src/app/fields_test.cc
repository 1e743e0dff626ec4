#include "app/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/lifecycle.h"
#include "app/test_entry.h"

namespace trivium::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// One entry app:x of kind test.kind with the given fields, indented by four.
class FieldsTest : public testing::Test {
 protected:
  Fields& read(const std::string& fields) {
    entries_ =
        test_entries("namespace: app\nentries:\n  - name: x\n    kind: test.kind\n" + fields, problems_);
    EXPECT_EQ(problems_.render(), "");
    fields_.emplace(entries_.at(0), context_, problems_);
    return *fields_;
  }

  FieldContext context_;
  Problems problems_;
  std::vector<Entry> entries_;
  std::optional<Fields> fields_;
};

TEST_F(FieldsTest, ReadsTypedValues) {
  Fields& f = read(
      "    text: hello\n    int: 0x10\n    whole: 2.0\n    float: 1.5\n    yes: true\n    time: 1m30s\n    "
      "nanos: 5\n"
      "    ref: other\n    far: b:c\n    map_ref: {ns: d, name: e}\n    list: [a, b]\n    map: {k: v}\n    "
      "nothing: null\n"
      "    host: {workers: 4}\n    meta: {m: {n: 1}}\n");
  EXPECT_EQ(f.text("text"), "hello");
  EXPECT_EQ(f.required_text("text"), "hello");
  EXPECT_EQ(f.integer("int", 0), 16);
  EXPECT_EQ(f.integer("whole", 0), 2);
  EXPECT_EQ(f.number("float", 0), 1.5);
  EXPECT_EQ(f.number("int", 0), 16);
  EXPECT_TRUE(f.boolean("yes", false));
  EXPECT_EQ(f.duration("time", 0s), 90s);
  EXPECT_EQ(f.duration("nanos", 0s), 5ns);
  EXPECT_EQ(f.id("ref"), (EntryId{"app", "other"}));
  EXPECT_EQ(f.id("far"), (EntryId{"b", "c"}));
  EXPECT_EQ(f.id("map_ref"), (EntryId{"d", "e"}));
  EXPECT_THAT(f.texts("list"), ElementsAre("a", "b"));
  EXPECT_THAT(f.ids("list"), ElementsAre(EntryId{"app", "a"}, EntryId{"app", "b"}));
  EXPECT_THAT(f.text_map("map"), ElementsAre(std::pair<std::string, std::string>("k", "v")));
  EXPECT_EQ(f.integer("host.workers", 1, {.min = 1}), 4);
  EXPECT_EQ(f.integer("meta.m.n", 0), 1);
  EXPECT_FALSE(f.has("nothing"));
  EXPECT_EQ(f.integer("nothing", 7), 7);
  EXPECT_EQ(f.text("gone", "default"), "default");
  EXPECT_EQ(f.list("list"), (Array{"a", "b"}));
  EXPECT_TRUE(f.ok());
}

TEST_F(FieldsTest, NotesEveryMistakeWithItsPlace) {
  Fields& f = read(
      "    text: 5\n    int: '5'\n    frac: 1.5\n    flag: 'yes'\n    time: 10 seconds\n    low: 0\n    "
      "empty: ''\n"
      "    list: [ok, 1]\n    map: {k: 1}\n    ref: [x]\n    pick: tow\n    far: near\n");
  f.text("text");
  f.integer("int", 0);
  f.integer("frac", 0);
  f.boolean("flag", false);
  f.duration("time", 1s);
  f.integer("low", 1, {.min = 1});
  f.required_text("empty");
  f.required_text("gone");
  f.texts("list");
  f.text_map("map");
  f.id("ref");
  f.choice("pick", {"one", "two"}, "one");
  f.id("far", {.qualified = true});
  f.id("missing", {.required = true});
  EXPECT_FALSE(f.ok());
  EXPECT_EQ(
      problems_.render(),
      "test.yaml:3: entry app:x: field gone: is required (write a non-empty string)\n"
      "test.yaml:3: entry app:x: field missing: is required (write namespace:name)\n"
      "test.yaml:5: entry app:x: field text: must be a string, not the integer 5 (quote it)\n"
      "test.yaml:6: entry app:x: field int: must be an integer, not the string \"5\"\n"
      "test.yaml:7: entry app:x: field frac: must be an integer, not the number 1.5\n"
      "test.yaml:8: entry app:x: field flag: must be a boolean, not the string \"yes\" (write true or false, "
      "without quotes)\n"
      "test.yaml:9: entry app:x: field time: \"10 seconds\" is not a duration (write numbers with units, "
      "like "
      "250ms, 10s or 1h30m)\n"
      "test.yaml:10: entry app:x: field low: must be at least 1, not 0\n"
      "test.yaml:11: entry app:x: field empty: must not be empty (write a non-empty string)\n"
      "test.yaml:12: entry app:x: field list[1]: must be a string, not the integer 1 (quote it)\n"
      "test.yaml:13: entry app:x: field map.k: must be a string, not the integer 1 (quote it)\n"
      "test.yaml:14: entry app:x: field ref: must be a reference, not a list (write namespace:name)\n"
      "test.yaml:15: entry app:x: field pick: must be one or two, not \"tow\" (did you mean two?)\n"
      "test.yaml:16: entry app:x: field far: invalid ID format, must have both namespace and name (write "
      "app:near)\n");
}

TEST_F(FieldsTest, ChecksReferences) {
  Problems none;
  const Snapshot snapshot = test_snapshot(
      "namespace: app\nentries:\n  - {name: worker, kind: process.lua}\n  - {name: db, kind: "
      "db.sql.sqlite}\n",
      none);
  const std::set<std::string, std::less<>> broken = {"lost"};
  context_.snapshot = &snapshot;
  context_.broken_namespaces = &broken;
  Fields& f =
      read("    a: worker\n    b: wroker\n    c: db\n    d: lost:x\n    e: [worker, group:all, gone]\n");
  f.id("a", {.kinds = {"process."}});
  f.id("b", {.kinds = {"process."}});
  f.id("c", {.kinds = {"process.lua", "function."}});
  f.id("d", {.exists = true});
  f.ids("e", {.exists = true, .groups = true});
  EXPECT_EQ(problems_.render(),
            "test.yaml:6: entry app:x: field b: there is no entry app:wroker (did you mean app:worker?)\n"
            "test.yaml:7: entry app:x: field c: app:db is a db.sql.sqlite (test.yaml:4), but process.lua or "
            "function.* is needed\n"
            "test.yaml:9: entry app:x: field e[2]: there is no entry app:gone\n");
}

TEST_F(FieldsTest, PlaceholdersTakeTheShapeOfTheField) {
  context_.variables = [](std::string_view name, std::string_view) -> std::optional<std::string> {
    if (name == "PORT") return "8080";
    if (name == "WORD") return "word";
    return std::nullopt;
  };
  Fields& f = read(
      "    port: ${env:PORT}\n    text: ${env:PORT}\n    time: ${env:T|5s}\n    flag: ${FLAG|true}\n    bad: "
      "${env:WORD}\n"
      "    unset: ${env:NONE}\n    mixed: x${env:PORT}\n    deep: {a: ['${env:N|1}', '$${x}']}\n    source: "
      "${env:PORT}\n"
      "    ref: ${env:WORD}\n");
  EXPECT_EQ(f.integer("port", 0), 8080);
  EXPECT_EQ(f.text("text"), "8080");
  EXPECT_EQ(f.duration("time", 0s), 5s);
  EXPECT_TRUE(f.boolean("flag", false));
  EXPECT_EQ(f.value("deep"), Value(Object{{"a", Array{1, "${x}"}}}));
  EXPECT_EQ(f.verbatim("source"), "${env:PORT}");
  EXPECT_EQ(f.id("ref"), (EntryId{"app", "word"}));
  EXPECT_TRUE(f.ok());
  f.integer("bad", 0);
  f.text("unset");
  f.integer("mixed", 0);
  EXPECT_EQ(problems_.render(),
            "test.yaml:9: entry app:x: field bad: must be an integer, not the string \"word\"\n"
            "test.yaml:10: entry app:x: field unset: variable NONE is not set and ${env:NONE} has no default "
            "(declare "
            "the variable or write ${env:NAME|default})\n"
            "test.yaml:11: entry app:x: field mixed: must be an integer, not the string \"x8080\"\n");
}

TEST_F(FieldsTest, UnknownVariablesAreNoMistakeWhileChecking) {
  Fields& f = read("    addr: ${env:ADDR}\n    pick: ${env:P}\n    n: ${env:N}\n    ref: ${env:R}\n");
  EXPECT_EQ(f.required_text("addr"), "");
  EXPECT_EQ(f.choice("pick", {"a", "b"}, "b"), "b");
  EXPECT_EQ(f.integer("n", 3), 3);
  EXPECT_EQ(f.id("ref", {.required = true}), EntryId());
  EXPECT_TRUE(f.ok());
}

TEST_F(FieldsTest, LifecycleDefaults) {
  const Lifecycle lifecycle = read_lifecycle(read("    lifecycle: {auto_start: true, unknown: 1}\n"));
  EXPECT_TRUE(fields_->ok());
  EXPECT_TRUE(lifecycle.auto_start);
  EXPECT_EQ(lifecycle.start_timeout, 10s);
  EXPECT_EQ(lifecycle.stop_timeout, 10s);
  EXPECT_EQ(lifecycle.stable_threshold, 5s);
  EXPECT_FALSE(lifecycle.optional);
  EXPECT_EQ(lifecycle.restart.initial_delay, 1s);
  EXPECT_EQ(lifecycle.restart.max_delay, 90s);
  EXPECT_EQ(lifecycle.restart.backoff_factor, 2.0);
  EXPECT_EQ(lifecycle.restart.jitter, 0.1);
  EXPECT_EQ(lifecycle.restart.max_attempts, 0);
  EXPECT_FALSE(lifecycle.security.present);
}

TEST_F(FieldsTest, LifecycleValues) {
  const Lifecycle lifecycle = read_lifecycle(
      read("    lifecycle:\n      start_timeout: 3s\n      stop_timeout: 0\n      startup: optional\n"
           "      requires: [a, b:c]\n      depends_on: [b:c, d]\n"
           "      restart: {initial_delay: 200ms, backoff_factor: -1, jitter: -1, max_attempts: 4}\n"
           "      security: {actor: {id: svc, meta: {r: 1}}, groups: [admin], policies: [s:p]}\n"));
  EXPECT_EQ(problems_.render(), "");
  EXPECT_EQ(lifecycle.start_timeout, 3s);
  EXPECT_EQ(lifecycle.stop_timeout, 10s);
  EXPECT_TRUE(lifecycle.optional);
  EXPECT_THAT(lifecycle.requires_ids,
              ElementsAre(EntryId{"app", "a"}, EntryId{"b", "c"}, EntryId{"app", "d"}));
  EXPECT_EQ(lifecycle.restart.initial_delay, 200ms);
  EXPECT_EQ(lifecycle.restart.backoff_factor, -1);
  EXPECT_EQ(lifecycle.restart.jitter, -1);
  EXPECT_EQ(lifecycle.restart.max_attempts, 4);
  EXPECT_EQ(lifecycle.security.actor_id, "svc");
  EXPECT_EQ(lifecycle.security.actor_meta, Value(Object{{"r", 1}}));
  EXPECT_THAT(lifecycle.security.groups, ElementsAre(EntryId{"app", "admin"}));
  EXPECT_THAT(lifecycle.security.policies, ElementsAre(EntryId{"s", "p"}));
}

TEST_F(FieldsTest, LifecycleMistakes) {
  read_lifecycle(read(
      "    lifecycle:\n      start_timeout: soon\n      auto_start: 1\n      restart: {max_attempts: x}\n"));
  EXPECT_EQ(problems_.size(), 3u);
  EXPECT_EQ(problems_.all()[1].field, "lifecycle.start_timeout");
  EXPECT_EQ(problems_.all()[1].place.line, 6);
}

}  // namespace
}  // namespace trivium::app
