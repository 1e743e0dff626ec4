#include "app/similar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trivium::app {
namespace {

using testing::ElementsAre;

TEST(Similar, NearNamesBestFirst) {
  const std::vector<std::string> kinds = {"process.lua", "process.host", "function.lua", "library.lua"};
  EXPECT_THAT(similar_names("proces.lua", kinds), ElementsAre("process.lua"));
  EXPECT_THAT(similar_names("functoin.lua", kinds), ElementsAre("function.lua"));
  EXPECT_THAT(similar_names("http.endpoint", kinds), ElementsAre());
  EXPECT_EQ(did_you_mean("Process.Lua", kinds), "did you mean process.lua?");
  EXPECT_EQ(did_you_mean("ab", {"ac", "ad", "xyz"}), "did you mean ac or ad?");
}

TEST(Similar, SameNameInAnotherNamespace) {
  const Snapshot snapshot(
      1, {std::make_shared<Entry>(Entry{{"app.db", "main"}, "db.sql.sqlite", Object(), {}, {}}),
          std::make_shared<Entry>(Entry{{"app", "mail"}, "process.lua", Object(), {}, {}})});
  EXPECT_EQ(did_you_mean(EntryId{"app", "main"}, snapshot), "did you mean app.db:main?");
  EXPECT_EQ(did_you_mean(EntryId{"app", "main"}, snapshot, "process."), "did you mean app:mail?");
}

}  // namespace
}  // namespace trivium::app
