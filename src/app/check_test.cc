#include "app/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/test_entry.h"

namespace trivium::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    for (const char* kind : {"function.lua", "process.lua", "workflow.lua", "library.lua", "process.host"})
      kinds.add(kind);
    options.kinds = &kinds;
    options.modules = {"time", "json", "funcs"};
  }

  LuaEntries check(std::string_view entries) {
    snapshot = test_snapshot("namespace: app\nentries:\n" + std::string(entries), problems);
    EXPECT_EQ(problems.render(), "");
    return check_application(snapshot, options, problems);
  }

  Kinds kinds;
  CheckOptions options;
  Problems problems;
  Snapshot snapshot;
};

TEST_F(CheckTest, UnknownKinds) {
  check(
      "  - {name: a, kind: proces.host}\n"
      "  - {name: b, kind: http.service}\n"
      "  - {name: c, kind: registry.entry}\n"
      "  - {name: d, kind: some.thing}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry app:a: field kind: no handler for kind proces.host (did you mean process.host?)\n"
      "test.yaml:4: entry app:b: field kind: kind http.service is not supported by this version yet\n"
      "test.yaml:6: entry app:d: field kind: no handler for kind some.thing\n");
}

TEST_F(CheckTest, ChecksOfKindsSeeTheSnapshot) {
  kinds.add("process.service", [](const Entry& entry, const FieldContext& context, Problems& found) {
    Fields f(entry, context, found);
    f.id("process", {.required = true, .kinds = {"process.lua"}});
    f.id("host", {.required = true, .kinds = {"process.host"}});
  });
  check("  - {name: s, kind: process.service, process: s, host: gone}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry app:s: field process: app:s is a process.service (test.yaml:3), but process.lua is "
      "needed\n"
      "test.yaml:3: entry app:s: field host: there is no entry app:gone\n");
}

TEST_F(CheckTest, LuaEntriesAreDecoded) {
  const LuaEntries lua = check(
      "  - name: f\n    kind: function.lua\n    source: return f\n    method: run\n    modules: [time, json, "
      "time]\n"
      "    imports: {lib: 'app:lib', t: time, j: ':json'}\n    meta: {options: {retry: {attempts: 2}}}\n"
      "  - name: lib\n    kind: library.lua\n    source: |\n      return {}\n"
      "  - {name: p, kind: process.lua, source: return p, meta: {default_host: host}}\n");
  EXPECT_EQ(problems.render(), "");
  const LuaEntry& f = *lua.find({"app", "f"});
  EXPECT_EQ(f.kind, LuaKind::function);
  EXPECT_EQ(f.method, "run");
  EXPECT_EQ(f.source_file, "test.yaml");
  EXPECT_EQ(f.first_line, 5);
  EXPECT_THAT(f.modules, ElementsAre("time", "json"));
  ASSERT_THAT(f.imports, SizeIs(3));
  EXPECT_EQ(f.imports[0].target, (EntryId{"app", "lib"}));
  EXPECT_TRUE(f.imports[1].built_in());
  EXPECT_EQ(f.imports[2].target.name, "json");
  EXPECT_EQ(f.pool.type, PoolOptions::Type::lazy);
  EXPECT_EQ(f.pool.workers, 100);
  EXPECT_NE(f.options.find_path("retry.attempts"), nullptr);
  EXPECT_EQ(lua.find({"app", "lib"})->first_line, 13);
  EXPECT_EQ(lua.find({"app", "p"})->method, "main");
  EXPECT_EQ(lua.find({"app", "p"})->default_host, (EntryId{"app", "host"}));
}

TEST_F(CheckTest, LuaMistakes) {
  check(
      "  - {name: a, kind: function.lua}\n"
      "  - {name: b, kind: process.lua, source: ' ', modules: [tiem, '', 'a:b']}\n"
      "  - {name: c, kind: library.lua, source: x, imports: {l: 'app:gone', m: xml, n: ''}}\n"
      "  - {name: d, kind: library.lua, source: x, imports: {h: 'app:host'}, modules: time}\n"
      "  - {name: host, kind: process.host}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry app:a: field source: is required (write file://name.lua or the program itself)\n"
      "test.yaml:3: entry app:a: field method: is required (write a non-empty string)\n"
      "test.yaml:4: entry app:b: field source: must not be empty\n"
      "test.yaml:4: entry app:b: field modules[1]: must not be empty\n"
      "test.yaml:4: entry app:b: field modules[2]: \"a:b\" has a namespace, modules have none (entries are "
      "named "
      "under imports, as alias: namespace:name)\n"
      "test.yaml:4: entry app:b: field modules[0]: there is no module tiem (did you mean time?)\n"
      "test.yaml:5: entry app:c: field imports.n: must not be empty (write namespace:name)\n"
      "test.yaml:5: entry app:c: field imports.l: there is no entry app:gone\n"
      "test.yaml:5: entry app:c: field imports.m: there is no module xml\n"
      "test.yaml:6: entry app:d: field modules: must be a list, not the string \"time\" (write a list of "
      "strings)\n"
      "test.yaml:6: entry app:d: field imports.h: app:host is a process.host (test.yaml:7), only Lua entries "
      "can "
      "be imported\n");
}

TEST_F(CheckTest, ImportCycles) {
  check(
      "  - {name: a, kind: library.lua, source: x, imports: {b: 'app:b'}}\n"
      "  - {name: b, kind: library.lua, source: x, imports: {c: 'app:c'}}\n"
      "  - {name: c, kind: library.lua, source: x, imports: {a: 'app:a'}}\n"
      "  - {name: d, kind: library.lua, source: x, imports: {d: 'app:d'}}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry app:a: field imports.b: imports form a cycle: app:a -> app:b -> app:c -> app:a\n"
      "test.yaml:6: entry app:d: field imports.d: imports form a cycle: app:d -> app:d\n");
}

TEST_F(CheckTest, WorkflowsMayNotUseEveryModule) {
  options.workflow_modules = {"time", "json"};
  check(
      "  - {name: low, kind: library.lua, source: x, modules: [time, funcs]}\n"
      "  - {name: mid, kind: library.lua, source: x, imports: {low: 'app:low'}}\n"
      "  - {name: a, kind: workflow.lua, source: x, modules: [time, funcs]}\n"
      "  - {name: b, kind: workflow.lua, source: x, imports: {mid: 'app:mid', j: json}}\n"
      "  - {name: c, kind: process.lua, source: x, imports: {mid: 'app:mid'}}\n");
  const std::string why =
      " does not have any allowed class: its results differ from run to run, so a workflow may not use it "
      "(call it from a function: in a workflow that is an activity)\n";
  EXPECT_EQ(problems.render(),
            "test.yaml:5: entry app:a: field modules[1]: module 'funcs'" + why +
                "test.yaml:6: entry app:b: field imports: module 'funcs', which the library app:low uses," +
                why);
}

TEST_F(CheckTest, AliasCollisionsAndClosure) {
  const LuaEntries lua = check(
      "  - {name: low, kind: library.lua, source: x, modules: [time]}\n"
      "  - {name: mid, kind: library.lua, source: x, imports: {low: 'app:low'}, modules: [json]}\n"
      "  - {name: top, kind: library.lua, source: x, imports: {mid: 'app:mid', again: 'app:low', low: "
      "'app:low'}}\n"
      "  - {name: bad, kind: library.lua, source: x, imports: {mid: 'app:mid', time: 'app:low'}}\n");
  EXPECT_THAT(
      problems.render(),
      HasSubstr(
          "entry app:bad: field imports.time: alias 'time' collision: it stands for module time and for "
          "app:low (give one of them another alias)"));
  EXPECT_THAT(problems.all(), SizeIs(1));
  const auto closure = lua.closure({"app", "top"});
  ASSERT_TRUE(closure);
  std::vector<std::string> libraries;
  for (const Import& i : closure->libraries) libraries.push_back(i.alias + "=" + i.target.text());
  EXPECT_THAT(libraries, ElementsAre("low=app:low", "mid=app:mid", "again=app:low"));
  EXPECT_THAT(closure->modules, SizeIs(2));
  EXPECT_EQ(lua.closure({"app", "none"}).error().kind, kind::not_found);
}

TEST_F(CheckTest, Pools) {
  const LuaEntries lua = check(
      "  - {name: a, kind: function.lua, source: x, method: m, pool: {type: lazy}}\n"
      "  - {name: b, kind: function.lua, source: x, method: m, pool: {workers: 4}}\n"
      "  - {name: c, kind: function.lua, source: x, method: m, pool: {type: static, size: 3, buffer: 5}}\n"
      "  - {name: d, kind: function.lua, source: x, method: m, pool: {size: 3}}\n"
      "  - {name: e, kind: function.lua, source: x, method: m, pool: {size: 3, max_size: 7}}\n"
      "  - {name: f, kind: function.lua, source: x, method: m, pool: {type: adaptive}}\n"
      "  - {name: g, kind: function.lua, source: x, method: m, pool: {type: elastic}}\n");
  const auto pool = [&](std::string name) { return lua.find({"app", name})->pool; };
  using Type = PoolOptions::Type;
  EXPECT_EQ(pool("a").workers, 16);
  EXPECT_EQ(pool("b").type, Type::static_size);
  EXPECT_EQ(pool("b").workers, 4);
  EXPECT_EQ(pool("b").buffer, 256);
  EXPECT_EQ(pool("c").workers, 3);
  EXPECT_EQ(pool("c").buffer, 5);
  EXPECT_EQ(pool("d").type, Type::in_caller);
  EXPECT_EQ(pool("e").type, Type::lazy);
  EXPECT_EQ(pool("e").workers, 7);
  EXPECT_EQ(pool("f").type, Type::adaptive);
  EXPECT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems.all()[0].field, "pool.type");
}

TEST_F(CheckTest, ReferencesIntoUnreadableNamespacesAreNotReported) {
  options.broken_namespaces = {"lost"};
  check("  - {name: a, kind: library.lua, source: x, imports: {l: 'lost:lib'}}\n");
  EXPECT_EQ(problems.render(), "");
}

TEST_F(CheckTest, ServicesInACycle) {
  check(
      "  - {name: a, kind: process.host, lifecycle: {requires: [b]}}\n"
      "  - {name: b, kind: process.host, lifecycle: {depends_on: [a]}}\n");
  EXPECT_EQ(
      problems.render(),
      "test.yaml:3: entry app:a: field lifecycle.requires: services wait for each other in a cycle: app:a -> "
      "app:b -> app:a\n");
}

}  // namespace
}  // namespace trivium::app
