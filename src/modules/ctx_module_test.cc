#include "modules/ctx_module.h"

#include "modules/unit_test_state.h"

namespace trivium::lua {
namespace {

class CtxModule : public UnitTest {
 protected:
  CtxModule() : UnitTest({&ctx_module}) {
    auto frame = std::make_shared<Frame>();
    frame->values = {{"user", "ada"},
                     {"count", 3},
                     {"tags", Array{"x", 2}},
                     {"nested", Object{{"on", true}, {"none", Value()}}}};
    called_.frame = std::move(frame);
  }

  Setting called_;
};

TEST_F(CtxModule, GivesValues) {
  EXPECT_EQ(run("return ctx.get('user')", called_), "ada nil");
  EXPECT_EQ(run("return (ctx.get('nested')).on, (ctx.get('nested')).none", called_), "true nil");
}

TEST_F(CtxModule, NumbersAreFloats) {
  EXPECT_EQ(run("return math.type(ctx.get('count'))", called_), "float");
  EXPECT_EQ(run("local tags = ctx.get('tags') return tags[1], tags[2], math.type(tags[2])", called_),
            "x 2 float");
}

TEST_F(CtxModule, SaysWhatIsMissing) {
  EXPECT_EQ(run("return ctx.get('other')", called_), "nil <NotFound: key not found: other>");
  EXPECT_EQ(run("return ctx.get('')", called_), "nil <Invalid: empty key>");
  EXPECT_NE(run("return ctx.get(nil)", called_).find("bad argument #1"), std::string::npos);
  EXPECT_EQ(eval("ctx.get('user')"), "nil <NotFound: key not found: user>");
}

TEST_F(CtxModule, AllIsAFreshTable) {
  EXPECT_EQ(
      run("local all, err = ctx.all() all.user = 'bob' return (ctx.get('user')), all.count, err", called_),
      "ada 3 nil");
  EXPECT_EQ(eval("next((ctx.all()))"), "nil");
}

}  // namespace
}  // namespace trivium::lua
