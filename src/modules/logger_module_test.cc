#include "modules/logger_module.h"

#include <gmock/gmock.h>

#include "modules/unit_test_state.h"

namespace trivium::lua {
namespace {

using testing::ElementsAre;

class LoggerModule : public UnitTest {
 protected:
  LoggerModule() : UnitTest({&logger_module}) {}

  std::vector<std::string> logged(const std::string& body) {
    EXPECT_EQ(run(body), "");
    return sink().take();
  }
};

TEST_F(LoggerModule, WritesAtEachLevelWithThePlaceOfTheCall) {
  EXPECT_THAT(
      logged("logger:debug('a') logger:info('b') logger:warn('c') logger:error('d')"),
      ElementsAre(R"(-1 [] a {"location":"app.test:main:1"})", R"(0 [] b {"location":"app.test:main:1"})",
                  R"(1 [] c {"location":"app.test:main:1"})", R"(2 [] d {"location":"app.test:main:1"})"));
}

TEST_F(LoggerModule, TakesNumbersAndErrorsAsMessage) {
  EXPECT_THAT(
      logged("logger:info(5.0) logger:info(errors.new('boom'))"),
      ElementsAre(R"(0 [] 5 {"location":"app.test:main:1"})", R"(0 [] boom {"location":"app.test:main:1"})"));
}

TEST_F(LoggerModule, FieldsArePlainDataUnderStringKeys) {
  EXPECT_THAT(
      logged("logger:info('x', {n = 1, list = {'a', {}}, e = errors.new('boom'), [1] = 'gone', [true] = 2})"),
      ElementsAre(testing::AllOf(testing::HasSubstr(R"("n":1)"), testing::HasSubstr(R"("list":["a",{}])"),
                                 testing::HasSubstr(R"("e":"boom")"),
                                 testing::Not(testing::HasSubstr("gone")))));
}

TEST_F(LoggerModule, LeavesTheTableOfFieldsAlone) {
  EXPECT_EQ(run("local fields = {error = errors.new('boom')} logger:error('x', fields) return fields.error"),
            "<: boom>?");
  EXPECT_THAT(sink().take(), ElementsAre(R"(2 [] x {"error":"boom","location":"app.test:main:1"})"));
}

TEST_F(LoggerModule, WithAddsFieldsToTheChildOnly) {
  EXPECT_THAT(logged("local child = logger:with({a = 1, b = 1}) child:info('x', {b = 2}) logger:info('y')"),
              ElementsAre(R"(0 [] x {"a":1,"b":2,"location":"app.test:main:1"})",
                          R"(0 [] y {"location":"app.test:main:1"})"));
}

TEST_F(LoggerModule, NamesJoin) {
  EXPECT_THAT(logged("logger:named('a'):named('b'):info('x')"),
              ElementsAre(R"(0 [a.b] x {"location":"app.test:main:1"})"));
}

TEST_F(LoggerModule, MisuseRaises) {
  for (const std::string misuse : {"logger:named('')", "logger:info()", "logger:info({})",
                                   "logger:info('x', 1)", "logger:with()", "logger.info('x')"}) {
    EXPECT_NE(run(misuse).find("bad argument"), std::string::npos) << misuse;
  }
  EXPECT_TRUE(sink().take().empty());
}

}  // namespace
}  // namespace trivium::lua
