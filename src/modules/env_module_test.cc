#include "modules/env_module.h"

#include <filesystem>

#include "app/test_entry.h"
#include "modules/unit_test_state.h"
#include "services/env.h"

namespace trivium::lua {
namespace {

class EnvModule : public UnitTest {
 protected:
  EnvModule() : UnitTest({&env_module}) {
    app::Problems problems;
    const app::Snapshot snapshot = app::test_snapshot(R"(
version: "1.0"
namespace: app.test
entries:
  - {name: memory, kind: env.storage.memory}
  - {name: file, kind: env.storage.file, file_path: ")" + path_.string() +
                                                          R"(", auto_create: true}
  - {name: color, kind: env.variable, storage: app.test:memory, variable: COLOR, default: red}
  - {name: size, kind: env.variable, storage: app.test:file, variable: SIZE}
  - {name: fixed, kind: env.variable, storage: app.test:memory, variable: FIXED, readonly: true}
)",
                                                      problems);
    env_->apply(snapshot, problems);
    EXPECT_TRUE(problems.empty()) << problems.render();
    node().set_service(env_);
  }
  ~EnvModule() override { std::filesystem::remove(path_); }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / ("env_module_" + std::to_string(::getpid()) + ".env");
  const std::shared_ptr<services::Env> env_ = std::make_shared<services::Env>();
};

TEST_F(EnvModule, GetsAndSets) {
  EXPECT_EQ(eval("env.get('COLOR')"), "red nil");
  EXPECT_EQ(eval("env.set('COLOR', 5)"), "true nil");
  EXPECT_EQ(eval("env.get('color')"), "5 nil");
  EXPECT_EQ(eval("env.get('app.test:color')"), "5 nil");
}

TEST_F(EnvModule, FilesAreReadAndWrittenAside) {
  EXPECT_EQ(eval("env.get('SIZE')"), "nil <NotFound: environment variable not found>");
  EXPECT_EQ(eval("env.set('SIZE', 'big')"), "true nil");
  EXPECT_EQ(eval("env.get('SIZE')"), "big nil");
}

TEST_F(EnvModule, GetAllShowsWhatStoragesHold) {
  EXPECT_EQ(run("env.set('COLOR', 'blue') env.set('SIZE', 'big') local all, err = env.get_all() "
                "return all.COLOR, all.SIZE, all.FIXED, err"),
            "blue big nil nil");
}

TEST_F(EnvModule, Failures) {
  EXPECT_EQ(eval("env.get('')"), "nil <Invalid: empty key>");
  EXPECT_EQ(eval("env.get('HOME')"), "nil <NotFound: environment variable not found>");
  EXPECT_EQ(eval("env.set('FIXED', 'x')"), "nil <PermissionDenied: environment variable is read-only>");
  EXPECT_EQ(eval("env.set('nothing', 'x')"), "nil <NotFound: environment variable not found>");
  EXPECT_NE(eval("env.set('COLOR', nil)").find("bad argument #2"), std::string::npos);
  EXPECT_NE(eval("env.set('COLOR', true)").find("bad argument #2"), std::string::npos);
}

TEST_F(EnvModule, WithoutEntriesThereIsNothing) {
  node().set_service<services::Env>(nullptr);
  EXPECT_EQ(eval("env.get('COLOR')"), "nil <NotFound: environment variable not found>");
  EXPECT_EQ(eval("next((env.get_all()))"), "nil");
}

}  // namespace
}  // namespace trivium::lua
