#include "cli/exec_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trivium::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

app::Entry entry(std::string_view id, std::string kind, Value meta = Object{}) {
  return {EntryId::parse(id), std::move(kind), std::move(meta), Object{}, nullptr};
}
app::Entry command(std::string_view id, const char* name, Object more = {}) {
  more.set("name", name);
  return entry(id, "process.lua", Object{{"command", std::move(more)}});
}

struct App {
  std::vector<app::Entry> entries;
  EntryList list() const { return entries_of(entries); }
};

std::string error_of(const auto& result) { return result ? "" : result.error().message; }

TEST(NamedCommands, AreProcessesWithANameInLoadOrder) {
  const App app{
      {command("app:b", "second", {{"short", "Do it"}, {"use_case", "test"}}), command("app:a", "first"),
       entry("app:f", "function.lua", Object{{"command", Object{{"name", "no"}}}}), command("app:empty", ""),
       entry("app:n", "process.lua", Object{{"command", Object{{"name", 3}}}}),
       entry("app:plain", "process.lua")}};
  const auto commands = named_commands(app.list());
  ASSERT_EQ(commands.size(), 2u);
  EXPECT_EQ(commands[0].name, "second");
  EXPECT_EQ(commands[0].brief, "Do it");
  EXPECT_EQ(commands[0].use_case, "test");
  EXPECT_EQ(commands[1].name, "first");
  EXPECT_EQ(commands[1].use_case, "run");
}

TEST(FindCommand, TakesTheLowestIdOfDuplicates) {
  const App app{{command("app:z", "go"), command("app:a", "go"), command("app:m", "stop")}};
  const auto found = find_command(app.list(), "go");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->process.text(), "app:a");
  EXPECT_THAT(found->shadowed, ElementsAre("app:z"));
}

TEST(FindCommand, SaysWhatThereIs) {
  const App app{{command("app:m", "migrate")}};
  EXPECT_EQ(error_of(find_command(app.list(), "zzz")),
            "command \"zzz\" not found. Use 'trivium run list' to see available commands");
  EXPECT_THAT(error_of(find_command(app.list(), "migrat")), HasSubstr("did you mean migrate?"));
}

TEST(FindTests, PrefersTheUseCaseToTheName) {
  const App app{{command("app:t", "test"), command("app:suite", "suite", {{"use_case", "test"}})}};
  EXPECT_EQ(find_tests(app.list())->process.text(), "app:suite");
}

TEST(FindTests, FallsBackToTheName) {
  EXPECT_EQ(find_tests(App{{command("app:t", "test")}}.list())->process.text(), "app:t");
  EXPECT_EQ(error_of(find_tests(App{}.list())), "no test entrypoint found");
}

TEST(FindTests, RefusesToChoose) {
  const App app{
      {command("app:a", "a", {{"use_case", "test"}}), command("app:b", "b", {{"use_case", "test"}})}};
  EXPECT_THAT(error_of(find_tests(app.list())), HasSubstr("(app:a, app:b)"));
}

TEST(FindProcess, TakesFullIds) {
  const App app{{entry("app.jobs:report", "process.lua")}};
  EXPECT_EQ(find_process(app.list(), "app.jobs:report")->text(), "app.jobs:report");
}

TEST(FindProcess, TakesANameOfExactlyOneProcess) {
  const App app{{entry("a:one", "process.lua"), entry("a:two", "process.lua"), entry("b:two", "process.lua"),
                 entry("b:one", "function.lua"), entry("c:one", "process.host")}};
  EXPECT_EQ(find_process(app.list(), "one")->text(), "a:one");
  EXPECT_THAT(error_of(find_process(app.list(), "two")), HasSubstr("invalid exec spec: several processes"));
  EXPECT_THAT(error_of(find_process(app.list(), "none")), HasSubstr("invalid exec spec: "));
}

TEST(FindProcess, ExplainsWhatCannotRun) {
  const App app{
      {entry("app:sum", "process.lua"), entry("app:f", "function.lua"), entry("app:s", "process.service")}};
  EXPECT_THAT(error_of(find_process(app.list(), ":sum")), HasSubstr("invalid exec spec: "));
  EXPECT_THAT(error_of(find_process(app.list(), "app:")), HasSubstr("invalid exec spec: "));
  EXPECT_EQ(error_of(find_process(app.list(), "app:sun")),
            "failed to start process on host: app:sun: entry not found (did you mean app:sum?)");
  EXPECT_EQ(error_of(find_process(app.list(), "app:f")),
            "failed to start process on host: app:f: not a process (its kind is function.lua)");
  EXPECT_THAT(error_of(find_process(app.list(), "app:s")), HasSubstr("not a process"));
}

TEST(ChooseHost, TakesTheOnlyTerminal) {
  const App app{{entry("app:p", "process.host"), entry("app:t", "terminal.host")}};
  EXPECT_EQ((*choose_host(app.list(), ""))->id.text(), "app:t");
  EXPECT_EQ(error_of(choose_host(App{}.list(), "")), "no terminal.host found in registry");
}

TEST(ChooseHost, AsksWhenThereAreSeveral) {
  const App app{
      {entry("app:a", "terminal.host"), entry("app:b", "terminal.host"), entry("app:p", "process.host")}};
  EXPECT_EQ(error_of(choose_host(app.list(), "")),
            "multiple terminal hosts found (app:a, app:b), use --host to specify");
  EXPECT_EQ((*choose_host(app.list(), "app:b"))->id.text(), "app:b");
  EXPECT_EQ((*choose_host(app.list(), "p"))->id.text(), "app:p");
  EXPECT_EQ(error_of(choose_host(app.list(), "other:x")), "host other:x not found");
}

}  // namespace
}  // namespace trivium::cli
