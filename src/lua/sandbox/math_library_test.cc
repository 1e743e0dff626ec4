#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, MathFunctions) {
  EXPECT_EQ(eval("math.abs(-3), math.ceil(1.2), math.floor(-1.2), math.max(1, 5, 3), math.min(2, 1), "
                 "math.sqrt(16), math.modf(3.7)"),
            "3|2|-2|5|1|4|3|0.7000000000000002");
  EXPECT_EQ(eval("math.pow(2, 10), math.log10(1000), math.log(8, 2), math.exp(0), math.deg(math.pi), "
                 "math.rad(180) == math.pi"),
            "1024|3|3|1|180|true");
  EXPECT_EQ(eval("math.sinh(0), math.cosh(0), math.tanh(0), math.atan2(0, -1) == math.pi, math.ldexp(0.5, "
                 "3), math.ldexp(1, 1e9)"),
            "0|1|0|true|4|+Inf");
  EXPECT_EQ(eval("math.frexp(8)"), "0.5|4");
  EXPECT_EQ(eval("math.fmod(7, 3), math.mod(-7, 3), math.fmod(5.5, 2), math.fmod(1, 0), math.fmod(1, 0.0)"),
            "1|-1|1.5|NaN|NaN");
  EXPECT_EQ(eval("math.type(1), math.type(1.0), math.type('1'), math.tointeger(3.0), math.ult(1, -1)"),
            "integer|float|nil|3|true");
  EXPECT_EQ(eval("math.huge, -math.huge, math.maxinteger, math.mininteger, math.huge == 1/0"),
            "+Inf|-Inf|9223372036854775807|-9223372036854775808|true");
}

TEST_F(SandboxTest, Random) {
  EXPECT_EQ(run(R"(
    for i = 1, 1000 do
      local f, n, m = math.random(), math.random(6), math.random(-2, 2)
      if not (f >= 0 and f < 1) then return 'f', f end
      if not (n >= 1 and n <= 6 and math.type(n) == 'integer') then return 'n', n end
      if not (m >= -2 and m <= 2) then return 'm', m end
    end
    return math.random(3, 3), math.random(1.9), math.type(math.random(math.mininteger, math.maxinteger)))"),
            "3|1|integer");
  EXPECT_EQ(run("local seen = {} for i = 1, 500 do seen[math.random(3)] = true end return seen[1], seen[2], "
                "seen[3], seen[0], seen[4]"),
            "true|true|true|nil|nil");
  EXPECT_EQ(run("math.random(0)"), "error: app:test:1: bad argument #1 to 'random' (interval is empty)");
  EXPECT_EQ(run("math.random(2, 1)"), "error: app:test:1: bad argument #2 to 'random' (interval is empty)");
  EXPECT_EQ(eval("select('#', math.randomseed(5))"), "0");
}

}  // namespace
}  // namespace trivium::lua
