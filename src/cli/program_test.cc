// Whole command lines against an application on disk and a runtime that records what it is asked.
#include "cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/version.h"

namespace trivium::cli {
namespace {

using testing::HasSubstr;

class RecordingRuntime final : public Runtime {
 public:
  RecordingRuntime(std::vector<std::string>& calls, int status) : calls_(calls), status_(status) {}
  Result<> start() override {
    calls_.push_back("start");
    return {};
  }
  Result<> exec(const ExecRequest& request) override {
    std::string call = "exec " + request.process.text() + " on " + request.host.text();
    for (const std::string& arg : request.args) call += " " + arg;
    calls_.push_back(call);
    if (request.process.name == "broken") return fail(kind::internal, "no such method");
    return {};
  }
  void signal(int) override {}
  int wait() override {
    calls_.push_back("wait");
    return status_;
  }

 private:
  std::vector<std::string>& calls_;
  int status_;
};

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/trivium-cli-XXXXXX";
    directory_ = mkdtemp(name);
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  void write_app(const std::string& sum = "return { main = function() return 0 end }") {
    write("src/_index.yaml", R"(namespace: demo
entries:
  - {name: term, kind: terminal.host}
  - {name: sum, kind: process.lua, source: file://sum.lua, meta: {command: {name: sum, short: Add numbers}}}
  - {name: broken, kind: process.lua, source: "return {}"}
)");
    write("src/sum.lua", sum);
  }

  int run(std::vector<std::string> args) {
    args.insert(args.begin(), "trivium");
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    RuntimeFactory factory;
    factory.make = [this](RuntimeOptions) { return std::make_unique<RecordingRuntime>(calls_, status_); };
    const int status = run_program(static_cast<int>(argv.size()), argv.data(), factory);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return status;
  }

  std::vector<std::string> calls_;
  int status_ = 0;
  std::string out_;
  std::string err_;

 private:
  std::filesystem::path directory_;
  std::filesystem::path before_;
};

using Calls = std::vector<std::string>;

TEST_F(ProgramTest, HelpAndVersionGoToStdout) {
  EXPECT_EQ(run({}), 0);
  EXPECT_THAT(out_, HasSubstr("Usage: trivium"));
  EXPECT_EQ(run({"version", "--short"}), 0);
  EXPECT_EQ(out_, std::string(version()) + "\n");
  EXPECT_EQ(err_, "");
}

TEST_F(ProgramTest, ErrorsGoToStderr) {
  EXPECT_EQ(run({"rnu"}), 1);
  EXPECT_THAT(err_, testing::StartsWith("Error: unknown command"));
  EXPECT_EQ(run({"-c", "rnu"}), 1);
  EXPECT_THAT(err_, testing::StartsWith("unknown command"));
  EXPECT_EQ(out_, "");
}

TEST_F(ProgramTest, RunsACommandSilentlyWithItsStatus) {
  write_app();
  status_ = 42;
  EXPECT_EQ(run({"run", "sum", "2", "40"}), 42);
  EXPECT_EQ(calls_, (Calls{"start", "exec demo:sum on demo:term 2 40", "wait"}));
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(ProgramTest, LogsWhenAsked) {
  write_app();
  EXPECT_EQ(run({"run", "-x", "demo:sum", "-v"}), 0);
  EXPECT_THAT(err_, HasSubstr("INFO\trun\truntime ready"));
  EXPECT_EQ(run({"run", "--set", "logger.encoding=json"}), 0);
  EXPECT_THAT(out_, HasSubstr("\"logger\":\"run\",\"msg\":\"runtime ready\"}"));
  EXPECT_EQ(run({"run", "--set", "logmanager.min_level=2"}), 0);
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(ProgramTest, ProcessesThatCannotStartAreErrors) {
  write_app();
  EXPECT_EQ(run({"run", "-x", "demo:broken"}), 1);
  EXPECT_EQ(err_, "Error: failed to start process on host: demo:broken: no such method\n");
  EXPECT_EQ(calls_.back(), "exec demo:broken on demo:term");
}

TEST_F(ProgramTest, NothingStartsForAnUnknownCommand) {
  write_app();
  EXPECT_EQ(run({"run", "smu"}), 1);
  EXPECT_THAT(err_, HasSubstr("command \"smu\" not found"));
  EXPECT_EQ(run({"test"}), 1);
  EXPECT_EQ(err_, "Error: no test entrypoint found\n");
  EXPECT_EQ(calls_, Calls{});
}

TEST_F(ProgramTest, PacksAreRefused) {
  for (const char* name : {"app.wapp", "org/module", "org/module@1.2"}) {
    EXPECT_EQ(run({"run", name}), 1);
    EXPECT_EQ(err_, "Error: packs and hub modules are not supported\n");
  }
}

TEST_F(ProgramTest, ListsCommands) {
  write_app();
  EXPECT_EQ(run({"run", "list"}), 0);
  EXPECT_EQ(out_,
            "Available commands:\n\n  sum  Add numbers  (demo:sum)\n\nRun with: trivium run <command>\n");
}

TEST_F(ProgramTest, LooksAtTheRegistry) {
  write_app();
  EXPECT_EQ(run({"registry", "list", "--kind", "process.*", "--meta", "command.name=sum"}), 0) << err_;
  EXPECT_EQ(out_, "ID        KIND\n--------  -----------\ndemo:sum  process.lua\n\nTotal: 1 entries\n");
  EXPECT_EQ(run({"registry", "list", "-k", "terminal.host", "--json"}), 0);
  EXPECT_EQ(out_, "[{\"id\":\"demo:term\",\"kind\":\"terminal.host\"}]\n");
  EXPECT_EQ(run({"registry", "list", "-n", "none"}), 0);
  EXPECT_EQ(out_, "No entries found\n");
  EXPECT_EQ(run({"registry", "show", "broken", "--field", "source", "--raw"}), 0);
  EXPECT_EQ(out_, "return {}");
  EXPECT_EQ(run({"registry", "show", "demo:sum"}), 0);
  EXPECT_THAT(out_, HasSubstr("ID:   demo:sum\nKind: process.lua\n\nMetadata:\n  command:\n"));
  EXPECT_EQ(run({"registry", "show", "demo:som"}), 1);
  EXPECT_THAT(err_, HasSubstr("entry not found: demo:som (did you mean demo:sum"));
}

TEST_F(ProgramTest, LookingNeedsAnApplication) {
  EXPECT_EQ(run({"registry", "list"}), 1);
  EXPECT_THAT(err_, HasSubstr("Error: lock file not found"));
}

TEST_F(ProgramTest, LintsSources) {
  write_app();
  EXPECT_EQ(run({"lint"}), 0) << err_ << out_;
  EXPECT_EQ(out_, "No issues found\nChecked 2 entries\n");
  write_app("local x = require(\"json\")\nrequire(\"string\")\nreturn { main = print }");
  EXPECT_EQ(run({"lint"}), 1);
  EXPECT_THAT(out_,
              HasSubstr("error[P0002]: require(\"json\") is not declared in _index.yaml imports or modules"));
  EXPECT_EQ(err_, "Error: lint failed: 1 errors, 0 warnings\n");
  EXPECT_EQ(run({"lint", "--ns", "other.*"}), 0);
  write_app("return {\n  main = = 1\n}");
  EXPECT_EQ(run({"lint", "--json", "--code", "p0001"}), 1);
  EXPECT_THAT(out_, HasSubstr("\"entry_id\":\"demo:sum\",\"code\":\"P0001\",\"severity\":\"error\""));
  EXPECT_THAT(out_, HasSubstr("\"line\":2"));
}

TEST_F(ProgramTest, LintShowsAMistakeInASharedFileOnce) {
  write_app("return {\n  main = = 1\n}");
  write("src/_index.yaml", R"(namespace: demo
entries:
  - {name: a, kind: process.lua, source: file://sum.lua}
  - {name: b, kind: process.lua, source: file://sum.lua}
  - {name: c, kind: process.lua, source: "return"}
)");
  EXPECT_EQ(run({"lint", "--no-color", "--code", "P0001"}), 1);
  EXPECT_EQ(out_,
            "demo:a:2:10: error[P0001]: expected an expression, found '='\n"
            "      main = = 1\n"
            "             ^\n"
            "Checked 3 entries: 1 errors, 0 warnings\n");
}

TEST_F(ProgramTest, InitWritesAndKeepsTheLockFile) {
  EXPECT_EQ(run({"init"}), 0) << err_;
  const auto content = [] {
    std::stringstream text;
    text << std::ifstream("wippy.lock").rdbuf();
    return text.str();
  };
  EXPECT_EQ(content(), "directories:\n    modules: .wippy\n    src: ./src\n");
  struct stat info {};
  ASSERT_EQ(stat("wippy.lock", &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  write("./wippy.lock", "modules:\n  - {name: a/b, version: 1.0.0}\n");
  EXPECT_EQ(run({"init", "-d", "lua"}), 0);
  EXPECT_EQ(
      content(),
      "modules:\n    - name: a/b\n      version: 1.0.0\ndirectories:\n    modules: .wippy\n    src: lua\n");
}

}  // namespace
}  // namespace trivium::cli
