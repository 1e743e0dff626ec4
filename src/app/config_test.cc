#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_flags.h"
#include "app/test_project.h"

namespace trivium::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    options.root = project.root();
    options.environment = [](const std::string& name) -> std::optional<std::string> {
      if (name == "PORT") return "7070";
      return std::nullopt;
    };
  }
  Config load() {
    problems = Problems();
    return Config::load(options, problems);
  }

  TestProject project;
  ConfigOptions options;
  Problems problems;
};

TEST_F(ConfigTest, DefaultsWithoutAFile) {
  const Config config = load();
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(config.duration("shutdown", "timeout", 30s), 30s);
  EXPECT_EQ(config.find("logger", "encoding"), nullptr);
  EXPECT_EQ(config.directory(), project.root());
}

TEST_F(ConfigTest, OwnFileComesBeforeTheOther) {
  project.write(".wippy.yaml", "version: '1.0'\nlogger: {encoding: console}\n");
  EXPECT_EQ(load().text("logger", "encoding", ""), "console");
  project.write(".trivium.yaml", "version: 1.0\nlogger: {encoding: json}\n");
  EXPECT_EQ(load().text("logger", "encoding", ""), "json");
  EXPECT_TRUE(problems.empty());
}

TEST_F(ConfigTest, TypedLeaves) {
  project.write(
      ".trivium.yaml",
      "supervisor: {host: {worker_count: 4}}\nsecurity: {strict_mode: true}\nshutdown: {timeout: 20s}\n"
      "registry: {dispatch_internal_kinds: [a, b]}\notel: {sample_rate: 0.5}\nmine: {any: {thing: 1}}\n");
  const Config config = load();
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(config.integer("supervisor", "host.worker_count", 16), 4);
  EXPECT_TRUE(config.boolean("security", "strict_mode", false));
  EXPECT_EQ(config.duration("shutdown", "timeout", 30s), 20s);
  EXPECT_EQ(config.number("otel", "sample_rate", 1), 0.5);
  EXPECT_THAT(config.texts("registry", "dispatch_internal_kinds"), ElementsAre("a", "b"));
  EXPECT_EQ(config.integer("mine", "any.thing", 0), 1);
  EXPECT_EQ(config.integer("security", "strict_mode", 5), 5);
}

TEST_F(ConfigTest, Mistakes) {
  project.write(".trivium.yaml",
                "version: '2.0'\nlogger: 5\nshutdown: {timeout: 20}\nsecurity: {strict_mode: 'yes'}\n"
                "override:\n  a:b: 1\ndisable:\n  entries: [nocolon]\nprometheus:\n  address: ${env:GONE}\n");
  load();
  EXPECT_EQ(
      problems.render(),
      ".trivium.yaml:1:1: unsupported version: 2.0 (write version: \"1.0\")\n"
      ".trivium.yaml:2:1: section logger must be a map, not an integer\n"
      ".trivium.yaml:3:12: shutdown.timeout must be a duration like 250ms, 10s or 1h30m, not an integer\n"
      ".trivium.yaml:4:12: security.strict_mode must be true or false, not \"yes\"\n"
      ".trivium.yaml:6:3: override: invalid key \"a:b\": write namespace:entry:field\n"
      ".trivium.yaml:8:3: invalid entry pattern \"nocolon\" (write nsPattern:namePattern)\n"
      ".trivium.yaml:10:3: environment variable GONE is not set (set it or write ${env:GONE|default})\n");
}

TEST_F(ConfigTest, NamedFilesMergeLeafByLeaf) {
  project.write("one/a.yaml", "x: {a: 1, b: {c: 2, d: 3}, e: 5}\n")
      .write("b.yaml", "x: {b: {c: 9}, e: {f: 6}}\n");
  options.files = {project.root() / "one/a.yaml", project.root() / "b.yaml"};
  const Config config = load();
  EXPECT_EQ(config.integer("x", "a", 0), 1);
  EXPECT_EQ(config.integer("x", "b.c", 0), 9);
  EXPECT_EQ(config.integer("x", "b.d", 0), 3);
  EXPECT_EQ(config.integer("x", "e.f", 0), 6);
  EXPECT_EQ(config.find("x", "e"), nullptr);
  EXPECT_EQ(config.directory(), project.root() / "one");
  options.files.push_back(project.root() / "gone.yaml");
  load();
  EXPECT_THAT(problems.render(), HasSubstr("gone.yaml: failed to read config file"));
}

TEST_F(ConfigTest, LayersFromProfilesToFlags) {
  project.write(".trivium.yaml",
                "logger: {encoding: console, level: a}\nx: {v: file}\n"
                "disable: {namespaces: [a, b], entries: ['n:m']}\n"
                "profiles:\n"
                "  dev: {x: {v: dev}, disable: {namespaces: {add: [c], remove: [a]}, entries: []}}\n"
                "  prod: {x: {v: prod, w: prod}}\n");
  EXPECT_EQ(load().text("x", "v", ""), "file");
  options.profiles = {"prod", "dev"};
  Config config = load();
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(config.text("x", "v", ""), "dev");
  EXPECT_EQ(config.text("x", "w", ""), "prod");
  EXPECT_THAT(config.disable().namespaces, ElementsAre("b", "c"));
  EXPECT_TRUE(config.disable().entries.empty());
  options.flags = {{"x.v", "flag"}, {"logmanager.min_level", -1}};
  EXPECT_EQ(load().text("x", "v", ""), "flag");
  options.sets = {"x.v=set", "logmanager.min_level=2"};
  config = load();
  EXPECT_EQ(config.text("x", "v", ""), "set");
  EXPECT_EQ(config.integer("logmanager", "min_level", 0), 2);
  options.profiles = {"prd"};
  load();
  EXPECT_EQ(problems.render(), "--profile prd: there is no profile prd (did you mean prod?)\n");
}

TEST_F(ConfigTest, VariablesAndEnvironment) {
  project.write(".trivium.yaml",
                "vars: {port: 8080, host: localhost, url: 'http://${host}:${port}', os: '${env:PORT}'}\n"
                "x: {port: '${port}', url: '${url}/x', os: 'p${os}', literal: '$${port}', d: "
                "'${env:NO|dflt}', l: ['${host}']}\n"
                "override: {'a:b:c': '$${env:LATER}', 'a:b:d': '${PORT|1}'}\n");
  const Config config = load();
  EXPECT_EQ(problems.render(), "");
  EXPECT_EQ(config.integer("x", "port", 0), 8080);
  EXPECT_EQ(config.text("x", "url", ""), "http://localhost:8080/x");
  EXPECT_EQ(config.text("x", "os", ""), "p7070");
  EXPECT_EQ(config.text("x", "literal", ""), "${port}");
  EXPECT_EQ(config.text("x", "d", ""), "dflt");
  EXPECT_THAT(config.texts("x", "l"), ElementsAre("localhost"));
  ASSERT_EQ(config.overrides().size(), 2u);
  EXPECT_EQ(config.overrides()[0].value, Value("${env:LATER}"));
  EXPECT_EQ(config.overrides()[1].value, Value("${PORT|1}"));
}

TEST_F(ConfigTest, VariableMistakes) {
  project.write(".trivium.yaml",
                "vars: {a: '${b}', b: '${a}'}\nx: {v: '${a}', w: '${gone}'}\n"
                "profiles: {p: {vars: {e: '${env:PORT}'}}}\n");
  load();
  EXPECT_THAT(problems.render(), HasSubstr("variable ${a} refers to itself"));
  EXPECT_THAT(problems.render(), HasSubstr(".trivium.yaml:2:16: unknown variable ${gone} (vars has a, b)"));
  EXPECT_THAT(problems.render(), HasSubstr("${env:PORT} is not allowed in the vars of a profile"));
}

TEST_F(ConfigTest, OverridesFromFilesAndFlags) {
  project.write(".trivium.yaml", "override:\n  app:gateway:addr: ':9090'\n  app:x:\n    pool.size: 3\n");
  options.overrides = {"app:gateway:addr=:7,app:y:flag=TRUE", "bad"};
  const Config config = load();
  EXPECT_THAT(problems.render(), HasSubstr("invalid override: bad: write namespace:entry:field=value"));
  std::vector<std::string> keys;
  for (const Override& o : config.overrides())
    keys.push_back(o.id.text() + "/" + o.path + "@" + o.place.text());
  EXPECT_THAT(keys, ElementsAre("app:gateway/addr@.trivium.yaml:2", "app:gateway/addr@-o app:gateway:addr=:7",
                                "app:y/flag@-o app:y:flag=TRUE"));
}

TEST_F(ConfigTest, WorkspaceReplacements) {
  project.write(".trivium.yaml", "workspace: {replacements: {org/a: ./mine, org/b: ./gone, org/c: null}}\n");
  project.write("mine/x", "");
  const Config config = load();
  ASSERT_EQ(config.replacements().size(), 1u);
  EXPECT_EQ(config.replacements()[0].first, "org/a");
  EXPECT_THAT(problems.render(), HasSubstr("replacement path of org/b is not a directory"));
}

TEST(ConfigFlags, SetValues) {
  const auto value = [](std::string_view text) {
    return parse_set("s.k=" + std::string(text)).value().value;
  };
  EXPECT_EQ(value("true"), Value(true));
  EXPECT_EQ(value("TRUE"), Value("TRUE"));
  EXPECT_EQ(value("-5"), Value(-5));
  EXPECT_EQ(value("1.5"), Value(1.5));
  EXPECT_EQ(value("a,b"), Value("a,b"));
  EXPECT_EQ(value(""), Value(""));
  EXPECT_EQ(parse_set("a.b.c=1")->key, "b.c");
  for (const char* text : {"a=1", ".b=1", "a.=1", "a.b", ""}) {
    const auto wrong = parse_set(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_THAT(wrong.error().message, HasSubstr("invalid --set \"" + std::string(text) + "\": "));
  }
}

TEST(ConfigFlags, OverrideValues) {
  const auto value = [](std::string_view text) {
    return parse_overrides("a:b:c=" + std::string(text)).value()[0].value;
  };
  EXPECT_EQ(value("TRUE"), Value(true));
  EXPECT_EQ(value("42"), Value(42));
  EXPECT_EQ(value("007"), Value("007"));
  EXPECT_EQ(value("+1"), Value("+1"));
  EXPECT_EQ(value("1.50"), Value(1.5));
  EXPECT_EQ(value("1e3"), Value(1000.0));
  EXPECT_EQ(value("inf"), Value("inf"));
  EXPECT_EQ(value(" x=y "), Value("x=y"));
  EXPECT_EQ(parse_overrides(R"("a:b:x=1,2")").value()[0].value, Value("1,2"));
  EXPECT_EQ(parse_overrides(R"("a:b:x=""q""",a:b:y=2)").value().size(), 2u);
  for (const char* text : {"a:b=1", "a:b:c", "a:b:c=", "a::c=1", "\"a:b:c=1", ""}) {
    EXPECT_FALSE(parse_overrides(text)) << text;
  }
}

}  // namespace
}  // namespace trivium::app
