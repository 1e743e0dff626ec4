#include "lua/types/types_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(TypesTest, ReturnsTheVeryValue) {
  EXPECT_EQ("true", run("type Job = {id: string}\nlocal v = {id = 'a'}\nreturn Job(v) == v"));
}

}  // namespace
}  // namespace trivium::lua
