#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help.h"

namespace trivium::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Args = std::vector<std::string>;

CommandLine parsed(const Args& args) {
  auto line = parse_command_line(args);
  EXPECT_TRUE(line) << line.error().message;
  return line ? *line : CommandLine{};
}

template <class R>
R request(const Args& args) {
  const CommandLine line = parsed(args);
  const R* found = std::get_if<R>(&line.request);
  EXPECT_TRUE(found) << "another command: " << line.request.index();
  return found ? *found : R{};
}

std::string error_of(const Args& args) {
  const auto line = parse_command_line(args);
  EXPECT_FALSE(line);
  return line ? "" : line.error().message;
}

TEST(CommandLine, WithoutACommandShowsHelp) {
  EXPECT_EQ(request<HelpRequest>({}).topic, "");
  EXPECT_EQ(request<HelpRequest>({"-v"}).topic, "");
  EXPECT_EQ(request<HelpRequest>({"--help"}).topic, "");
  EXPECT_EQ(request<HelpRequest>({"registry"}).topic, "registry");
}

TEST(CommandLine, HelpOfACommand) {
  EXPECT_EQ(request<HelpRequest>({"run", "-h"}).topic, "run");
  EXPECT_EQ(request<HelpRequest>({"-h", "run"}).topic, "run");
  EXPECT_EQ(request<HelpRequest>({"registry", "show", "--help"}).topic, "registry show");
  EXPECT_EQ(request<HelpRequest>({"help", "registry", "list"}).topic, "registry list");
  EXPECT_THAT(error_of({"help", "rum"}), HasSubstr("no help for \"rum\""));
}

TEST(CommandLine, GlobalFlagsStandAnywhere) {
  for (const Args& args :
       {Args{"-cv", "run", "job"}, Args{"run", "-c", "job", "-v"}, Args{"run", "job", "-vc"}}) {
    const CommandLine line = parsed(args);
    EXPECT_TRUE(line.global.console && line.global.verbose && !line.global.silent);
    EXPECT_EQ(std::get<RunRequest>(line.request).name, "job");
  }
}

TEST(CommandLine, ValuesInEveryForm) {
  EXPECT_EQ(parsed({"--config=a.yaml", "--config", "b.yaml", "run"}).global.config,
            (Args{"a.yaml", "b.yaml"}));
  EXPECT_EQ(parsed({"-m", "2G", "run"}).global.memory_limit, "2G");
  EXPECT_EQ(parsed({"run", "-m2G"}).global.memory_limit, "2G");
  EXPECT_EQ(parsed({"-vm", "2G", "run"}).global.memory_limit, "2G");
  EXPECT_FALSE(parsed({"run", "--silent=false"}).global.silent);
  EXPECT_TRUE(parsed({"run", "--lenient"}).global.lenient);
}

TEST(CommandLine, RunTakesANameAndArguments) {
  const auto run = request<RunRequest>({"run", "sum", "2", "40"});
  EXPECT_EQ(run.name, "sum");
  EXPECT_EQ(run.args, (Args{"2", "40"}));
  EXPECT_TRUE(run.one_process());
  EXPECT_FALSE(request<RunRequest>({"run"}).one_process());
}

TEST(CommandLine, WithExecAllWordsAreArguments) {
  const auto run = request<RunRequest>({"run", "-x", "app:sum", "list", "--host", "app:term", "40"});
  EXPECT_EQ(run.exec, "app:sum");
  EXPECT_EQ(run.name, "");
  EXPECT_EQ(run.host, "app:term");
  EXPECT_EQ(run.args, (Args{"list", "40"}));
}

TEST(CommandLine, ArgumentsArePassedAsTheyAre) {
  const auto run =
      request<RunRequest>({"run", "sum", "[1,2]", "", "-3", "a=b", "run", "test", "--", "--dry-run", "--"});
  EXPECT_EQ(run.args, (Args{"[1,2]", "", "-3", "a=b", "run", "test", "--dry-run", "--"}));
}

TEST(CommandLine, RunListIsACommandOfItsOwn) {
  EXPECT_THAT(request<RunListRequest>({"run", "--profile", "p", "list"}).source.profiles, ElementsAre("p"));
  EXPECT_EQ(request<RunRequest>({"run", "--", "list"}).name, "list");
}

TEST(CommandLine, RepeatableFlagsTakeOneValueEach) {
  const auto run = request<RunRequest>({"run", "-o", "a:b:x=1,a:b:y=2", "--set", "a.b=[1,2]", "job",
                                        "--override", "a:b:z=3", "--profile", "p", "arg"});
  EXPECT_THAT(run.source.overrides, ElementsAre("a:b:x=1,a:b:y=2", "a:b:z=3"));
  EXPECT_THAT(run.source.sets, ElementsAre("a.b=[1,2]"));
  EXPECT_THAT(run.source.profiles, ElementsAre("p"));
  EXPECT_EQ(run.name, "job");
  EXPECT_THAT(run.args, ElementsAre("arg"));
}

TEST(CommandLine, Test) {
  const auto test = request<TestRequest>({"test", "orders", "--host", "app:t", "-v", "--", "-x"});
  EXPECT_THAT(test.args, ElementsAre("orders", "-x"));
  EXPECT_EQ(test.host, "app:t");
}

TEST(CommandLine, Lint) {
  const auto lint = request<LintRequest>({"lint", "--ns", "a,b.*", "--ns", "c", "--code=p0001", "--limit",
                                          "5", "--json", "--level", "error", "-l", "x.lock"});
  EXPECT_THAT(lint.namespaces, ElementsAre("a", "b.*", "c"));
  EXPECT_THAT(lint.codes, ElementsAre("p0001"));
  EXPECT_EQ(lint.limit, 5);
  EXPECT_TRUE(lint.json);
  EXPECT_EQ(lint.level, "error");
  EXPECT_EQ(lint.source.lock_file, "x.lock");
  EXPECT_THAT(error_of({"lint", "--level", "bad"}), HasSubstr("--level must be error, warning or hint"));
  EXPECT_THAT(error_of({"lint", "--limit", "many"}), HasSubstr("--limit must be a whole number, not many"));
  EXPECT_THAT(error_of({"lint", "src"}), HasSubstr("'lint' takes no argument \"src\""));
}

TEST(CommandLine, Registry) {
  const auto list = request<RegistryListRequest>(
      {"registry", "list", "-k", "http.*", "--meta", "a=[x,y]", "--meta", "b^c"});
  EXPECT_EQ(list.kind, "http.*");
  EXPECT_THAT(list.meta, ElementsAre("a=[x,y]", "b^c"));
  const auto show =
      request<RegistryShowRequest>({"-s", "registry", "-v", "show", "app:x", "-f", "source", "--raw"});
  EXPECT_EQ(show.id, "app:x");
  EXPECT_EQ(show.field, "source");
  EXPECT_TRUE(show.raw);
  EXPECT_THAT(error_of({"registry", "show"}), HasSubstr("takes one entry"));
  EXPECT_THAT(error_of({"registry", "lst"}),
              HasSubstr("unknown command \"registry lst\": did you mean list?"));
}

TEST(CommandLine, InitAndVersion) {
  const auto init = request<InitRequest>({"init", "-d", "./lua", "--modules-dir", "mods"});
  EXPECT_EQ(init.src_dir, "./lua");
  EXPECT_EQ(init.modules_dir, "mods");
  EXPECT_EQ(init.lock_file, "wippy.lock");
  EXPECT_TRUE(request<VersionRequest>({"version", "--short"}).brief);
  EXPECT_FALSE(request<VersionRequest>({"--version"}).brief);
}

TEST(CommandLine, UnknownCommandsAreSuggestedOthers) {
  EXPECT_THAT(error_of({"rnu"}), HasSubstr("unknown command \"rnu\": did you mean run?"));
  EXPECT_THAT(error_of({"frobnicate"}), HasSubstr("See 'trivium --help'"));
}

TEST(CommandLine, UnknownFlagsAreSuggestedOthers) {
  EXPECT_THAT(error_of({"run", "--overide", "a:b:c=1"}),
              HasSubstr("unknown flag --overide: did you mean --override?"));
  EXPECT_THAT(error_of({"run", "job", "--dry-run"}), HasSubstr("put -- before it"));
  EXPECT_THAT(error_of({"run", "-vz"}), HasSubstr("unknown flag -z"));
  EXPECT_THAT(error_of({"version", "--json"}), HasSubstr("See 'trivium version --help'"));
}

TEST(CommandLine, MissingValues) {
  EXPECT_EQ(error_of({"run", "--config"}), "flag needs a value: --config");
  EXPECT_EQ(error_of({"run", "-o"}), "flag needs a value: --override");
}

TEST(CommandLine, CommandsOfTheHubAreRefused) {
  for (const char* name : {"add", "install", "update", "pack", "publish", "search", "auth", "readme"}) {
    EXPECT_EQ(error_of({name, "--whatever"}), "'" + std::string(name) + "' is not supported by this runtime");
  }
}

TEST(CommandLine, ConsoleIsSeenOnABrokenLine) {
  EXPECT_TRUE(wants_console({"rnu", "-vc"}));
  EXPECT_TRUE(wants_console({"--console"}));
  EXPECT_FALSE(wants_console({"-xc", "--config", "c"}));
  EXPECT_FALSE(wants_console({"run", "--", "-c"}));
}

TEST(Help, NamesEveryCommandWithExamples) {
  const std::string text = help_text("");
  for (const char* phrase : {"Usage: trivium", "run list", "test [args…]", "lint", "registry show ID", "init",
                             "version", "Examples", "--config FILE", "--lenient", "--silent"}) {
    EXPECT_THAT(text, HasSubstr(phrase));
  }
}

TEST(Help, NamesEveryFlagOfEveryCommand) {
  const std::vector<std::pair<const char*, Args>> flags{
      {"run",
       {"-x, --exec", "--host", "-o, --override", "--set", "--profile", "--registry", "-l, --lock-file"}},
      {"test", {"--host", "-o, --override", "--set", "--profile", "--registry"}},
      {"lint",
       {"--level", "--ns", "--code", "--limit", "--summary", "--json", "--no-color", "--rules",
        "--cache-reset"}},
      {"registry list", {"-k, --kind", "-n, --ns", "--name", "--meta", "--json", "--yaml"}},
      {"registry show", {"-f, --field", "--json", "--yaml", "--raw"}},
      {"init", {"-d, --src-dir", "--modules-dir", "-l, --lock-file"}},
      {"version", {"--short"}},
  };
  for (const auto& [topic, names] : flags) {
    const std::string text = help_text(topic);
    EXPECT_THAT(text, HasSubstr(std::string("Usage: trivium ") + topic));
    for (const std::string& name : names) EXPECT_THAT(text, HasSubstr(name)) << topic;
    EXPECT_THAT(text, HasSubstr("-m, --memory-limit")) << topic;
  }
}

TEST(Help, FitsATerminal) {
  for (const char* topic :
       {"", "run", "test", "lint", "registry", "registry list", "registry show", "init", "version"}) {
    const std::string text = help_text(topic);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      EXPECT_LE(end - at, 102u) << text.substr(at, end - at);  // bytes; … counts three
      at = end + 1;
    }
  }
}

}  // namespace
}  // namespace trivium::cli
