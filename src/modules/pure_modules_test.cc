#include "modules/pure_modules.h"

#include "modules/unit_test_state.h"

namespace trivium::lua {
namespace {

class PureModules : public UnitTest {
 protected:
  PureModules() : UnitTest({&json_module, &base64_module, &hash_module}) {}
};

TEST_F(PureModules, AreGlobalsAndFoundByRequire) {
  EXPECT_EQ(eval("json.encode({1})"), "[1] nil");
  EXPECT_EQ(eval("require('base64').encode('a')"), "YQ==");
  EXPECT_EQ(eval("(hash.md5(''))"), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_F(PureModules, CannotBeChanged) {
  EXPECT_NE(eval("pcall(function() json.encode = nil end)").find("attempt to modify Immutable table"),
            std::string::npos);
}

}  // namespace
}  // namespace trivium::lua
