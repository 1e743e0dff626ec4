#include "app/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/link.h"
#include "app/test_entry.h"
#include "app/test_project.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : sink(std::make_shared<TestSink>()), log(sink, "app") {}

  void set(std::string_view key, Value value) {
    Override override = parse_override_key(key).value();
    override.value = std::move(value);
    override.place = {"config.yaml", 7, 3};
    options.overrides.push_back(std::move(override));
  }

  std::vector<Entry> run(std::string_view yaml) {
    std::vector<Entry> entries = test_entries(yaml, problems);
    EXPECT_EQ(problems.render(), "");
    return run_pipeline(std::move(entries), options, log, problems);
  }

  std::shared_ptr<TestSink> sink;
  Log log;
  PipelineOptions options;
  Problems problems;
};

const Value& field(const std::vector<Entry>& entries, std::string_view id, std::string_view path) {
  static const Value nothing;
  for (const Entry& entry : entries) {
    if (entry.id.text() == id && entry.field(path) != nullptr) return *entry.field(path);
  }
  return nothing;
}

TEST_F(PipelineTest, OverridesSetFieldsAndTheirPlaces) {
  set("a:x:addr", ":9090");
  set("a:x:.host.workers", 4);
  set("a:x:meta.tag.deep", true);
  set("a:x:data.list", Array{1, 2});
  set("a:x:kind", "other.kind");
  const auto entries =
      run("namespace: a\nentries:\n  - {name: x, kind: k, addr: ':80', host: text, list: [9]}\n");
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(field(entries, "a:x", "addr"), Value(":9090"));
  EXPECT_EQ(field(entries, "a:x", "host.workers"), Value(4));
  EXPECT_EQ(field(entries, "a:x", "meta.tag.deep"), Value(true));
  EXPECT_EQ(field(entries, "a:x", "list"), Value(Array{1, 2}));
  EXPECT_EQ(entries[0].kind, "other.kind");
  EXPECT_EQ(entries[0].place("addr").text(), "config.yaml:7");
  EXPECT_EQ(entries[0].place("list[0]").text(), "config.yaml:7");
  EXPECT_EQ(entries[0].place("host").text(), "test.yaml:3");
}

TEST_F(PipelineTest, OverrideMistakes) {
  set("a:y:addr", 1);
  set("a:x:kind", " ");
  set("a:x:data", 1);
  set("a:x:a..b", 1);
  run("namespace: a\nentries:\n  - {name: x, kind: k}\n");
  EXPECT_EQ(problems.render(),
            "config.yaml:7:3: override a:y:addr: there is no entry a:y (did you mean a:x?)\n"
            "config.yaml:7:3: override a:x:kind: kind must be a non-empty string\n"
            "config.yaml:7:3: override a:x:data: \"data\" names no field\n"
            "config.yaml:7:3: override a:x:a..b: \"a..b\" has an empty part\n");
  for (const char* key : {"a:x", "a", "a:x:", ":x:f", "a::f"}) EXPECT_FALSE(parse_override_key(key)) << key;
}

TEST_F(PipelineTest, DisableRemovesEntriesAndForgivesTheirOverrides) {
  set("app.jobs:one:v", 1);
  options.disable.namespaces = {"app.jobs"};
  options.disable.entries = {EntryPattern{"app", "*"}};
  options.disable.meta = {{"stage", {"dev"}}};
  const auto entries =
      run("namespace: app\nentries:\n  - {name: a, kind: k}\n  - {name: a.b, kind: k}\n"
          "  - {name: c.d, kind: k, meta: {stage: dev}}\n");
  EXPECT_EQ(entries.size(), 1u);
  problems = Problems();
  EXPECT_TRUE(run("namespace: app.jobs\nentries: [{name: one, kind: k}]\n").empty());
  EXPECT_EQ(problems.render(), "");
}

TEST_F(PipelineTest, RequirementsTakeParametersThenDefaults) {
  const auto entries =
      run("namespace: org.mod\n"
          "entries:\n"
          "  - {name: host, kind: ns.requirement, targets: [{entry: svc, path: .host}, {entry: "
          "'org.mod:svc', path: meta.h}]}\n"
          "  - {name: port, kind: ns.requirement, default: 8080, targets: [{entry: svc, path: port}]}\n"
          "  - {name: empty, kind: ns.requirement, default: '', targets: [{entry: svc, path: e}]}\n"
          "  - {name: list, kind: ns.requirement, default: b, targets: [{entry: svc, path: 'list+='}, "
          "{entry: svc, path: 'new+='}]}\n"
          "  - {name: svc, kind: k, list: [a, b]}\n"
          "  - {name: dep, kind: ns.dependency, component: org/mod, parameters: [{name: host, value: "
          "'app:h'}]}\n");
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(field(entries, "org.mod:svc", "host"), Value("app:h"));
  EXPECT_EQ(field(entries, "org.mod:svc", "meta.h"), Value("app:h"));
  EXPECT_EQ(field(entries, "org.mod:svc", "port"), Value(8080));
  EXPECT_EQ(field(entries, "org.mod:svc", "e"), Value(""));
  EXPECT_EQ(field(entries, "org.mod:svc", "list"), Value(Array{"a", "b"}));
  EXPECT_EQ(field(entries, "org.mod:svc", "new"), Value(Array{"b"}));
  EXPECT_TRUE(sink->messages.empty());
}

TEST_F(PipelineTest, ParameterNames) {
  const auto entries =
      run("namespace: inner\n"
          "entries:\n"
          "  - {name: by_module, kind: ns.requirement, meta: {module: org/mod}, targets: [{entry: svc, path: "
          "a}]}\n"
          "  - {name: by_id, kind: ns.requirement, targets: [{entry: svc, path: b}]}\n"
          "  - {name: by_dotted, kind: ns.requirement, meta: {module: org/mod}, targets: [{entry: svc, path: "
          "c}]}\n"
          "  - {name: other, kind: ns.requirement, targets: [{entry: svc, path: d}]}\n"
          "  - {name: svc, kind: k}\n"
          "  - name: dep\n"
          "    kind: ns.dependency\n"
          "    component: org/mod\n"
          "    parameters:\n"
          "      - {name: by_module, value: 1}\n"
          "      - {name: 'inner:by_id', value: 2}\n"
          "      - {name: 'org.mod:by_dotted', value: 3}\n"
          "      - {name: other, value: 4}\n");
  EXPECT_EQ(field(entries, "inner:svc", "a"), Value(1));
  EXPECT_EQ(field(entries, "inner:svc", "b"), Value(2));
  EXPECT_EQ(field(entries, "inner:svc", "c"), Value(3));
  EXPECT_TRUE(field(entries, "inner:svc", "d").is_nil());
  ASSERT_EQ(sink->messages.size(), 2u);
  EXPECT_THAT(sink->messages[0], HasSubstr("unresolved requirement requirement=inner:other"));
  EXPECT_EQ(sink->messages[1], "link stage completed with warnings");
}

TEST_F(PipelineTest, RequirementTroubleIsAWarning) {
  run("namespace: org.mod\n"
      "entries:\n"
      "  - {name: conflict, kind: ns.requirement, targets: [{entry: svc, path: a}]}\n"
      "  - {name: gone, kind: ns.requirement, default: 1, targets: [{entry: nothing, path: a}]}\n"
      "  - {name: aimless, kind: ns.requirement, default: 1}\n"
      "  - {name: nolist, kind: ns.requirement, default: 1, targets: [{entry: svc, path: 'x+='}]}\n"
      "  - {name: svc, kind: k, x: text}\n"
      "  - {name: d1, kind: ns.dependency, component: org/mod, parameters: [{name: conflict, value: 1}]}\n"
      "  - {name: d2, kind: ns.dependency, component: org/mod, parameters: [{name: conflict, value: 2}]}\n");
  EXPECT_EQ(problems.render(), "");
  ASSERT_EQ(sink->messages.size(), 5u);
  EXPECT_THAT(sink->messages[0], HasSubstr("parameter conflict: org.mod:d1 and org.mod:d2"));
  EXPECT_THAT(sink->messages[1], HasSubstr("target org.mod:nothing does not exist"));
  EXPECT_THAT(sink->messages[2], HasSubstr("no targets"));
  EXPECT_THAT(sink->messages[3], HasSubstr("+= needs a list"));
}

TEST_F(PipelineTest, UndecodableDependenciesAreMistakes) {
  run("namespace: a\nentries:\n  - {name: d, kind: ns.dependency, component: nothing}\n"
      "  - {name: r, kind: ns.requirement, default: [1], targets: [{entry: x}]}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry a:d: field component: invalid dependency component \"nothing\" (write org/module)\n"
      "test.yaml:4: entry a:r: field default: must be a single value, not a list\n"
      "test.yaml:4: entry a:r: field targets[0]: must name an entry and a path (write {entry: name, path: "
      "field})\n");
}

TEST_F(PipelineTest, ExplicitOverridesBeatLinkedValues) {
  set("m:svc:host", "mine");
  const auto entries =
      run("namespace: m\nentries:\n  - {name: r, kind: ns.requirement, default: theirs, targets: [{entry: "
          "svc, path: host}]}\n"
          "  - {name: svc, kind: k}\n");
  EXPECT_EQ(field(entries, "m:svc", "host"), Value("mine"));
}

TEST_F(PipelineTest, MissingModules) {
  const auto entries =
      run("namespace: a\nentries:\n  - {name: d, kind: ns.dependency, component: org/gone}\n"
          "  - {name: e, kind: ns.dependency, component: org/here}\n");
  EXPECT_THAT(missing_modules(entries, {"org/here"}, log), ElementsAre("org/gone"));
  EXPECT_THAT(sink->messages, ElementsAre("module not installed component=org/gone entry=a:d"));
}

}  // namespace
}  // namespace trivium::app
