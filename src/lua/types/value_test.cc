#include "lua/types/types_fixture.h"

namespace trivium::lua {
namespace {

// 3.1: what a name in an expression means

TEST_F(TypesTest, LocalsWinOverTypes) {
  EXPECT_EQ("5", run("type Job = {id: string} local Job = 5 return Job"));
  EXPECT_EQ("type|5", run("local a = type(Job) local Job = 5 type Job = string return a, Job"));
  EXPECT_EQ(
      "7", run("type Job = string local function f(Job) return function() return Job end end return f(7)()"));
}

TEST_F(TypesTest, TypesAreVisibleAboveTheirDeclaration) {
  EXPECT_EQ("x", run("local function f(v) return Name(v) end type Name = string return f('x')"));
}

TEST_F(TypesTest, TypesWinOverGlobalsInExpressions) {
  EXPECT_EQ("x|9", run("type Name = string Name = 9 return Name('x'), _G.Name"));
}

TEST_F(TypesTest, PrimitivesAreTypesOnlyWhenAsked) {
  EXPECT_EQ("table|nil|3", run("return type(string), number, number(3)"));
  EXPECT_EQ("string|number|boolean|never",
            run("return string:kind(), number.name(), boolean.kind(), never:kind()"));
  EXPECT_EQ("error: app:test:1: x", run("error('x')"));
}

TEST_F(TypesTest, InnerTypesHaveLexicalScope) {
  EXPECT_EQ("1|nil", run("local a do type Inner = number a = Inner(1) end return a, Inner"));
  EXPECT_EQ("string|number", run("type T = string local function f() type T = number return T:kind() end\n"
                                 "local inner = f() return T:kind(), inner"));
}

TEST_F(TypesTest, ValuesTravel) {
  EXPECT_EQ("type|x|true",
            run("type Name = string local t = {n = Name} local n = t.n return type(n), n('x'), n == Name"));
  EXPECT_EQ("1", run("type A = string local m = {[A] = 1} return m[A]"));
}

TEST_F(TypesTest, ValuesAreImmutable) {
  EXPECT_EQ("error: app:test:1: attempt to modify immutable type Job",
            run("type Job = {id: string} Job.id = 1"));
  EXPECT_EQ("false", run("type Job = string return getmetatable(Job)"));
}

TEST_F(TypesTest, ImportedTypes) {
  add_library("geo",
              "type Point = {x: number, y: number} type Box<T> = {v: T} type Secret = string\n"
              "return {Point = Point, Box = Box}");
  EXPECT_EQ("nil|p.x: required field missing",
            run("local geo = geo type W = {p: geo.Point} local v, e = W:is({p = {}}) return v, e:message()"));
  EXPECT_EQ("1|nil",
            run("type W = geo.Secret local _, e = W:is(5) return geo.Point({x = 1, y = 2}).x, geo.Secret"));
  EXPECT_EQ("expected string, got number",
            run("type W = geo.Secret local _, e = W:is(5) return e:message()"));
  EXPECT_EQ("b.v: expected number, got string",
            run("type W = {b: geo.Box<number>} local _, e = W:is({b = {v = 'x'}}) return e:message()"));
  EXPECT_EQ("true|true|geo.Point",
            run("type W = geo.Point type V = {p: geo.Point} return W == geo.Point, V.p == W, "
                "tostring(V.p)"));
}

TEST_F(TypesTest, ImportedTypesFollowTheRequiredName) {
  add_library("geo", "type Point = {x: number} return {}");
  lua_register(L, "require", [](lua_State* L) {
    lua_getglobal(L, luaL_checkstring(L, 1));
    return 1;
  });
  EXPECT_EQ("x: required field missing",
            run("local g = require('geo') type P = g.Point local _, e = P:is({}) return e:message()"));
}

TEST_F(TypesTest, TypeofTakesAnnotationOrLiteral) {
  EXPECT_EQ(
      "{name: string, n: number}",
      run("local v = {name = 'a', n = 1} type X = typeof(v) local _, e = {}, 0 type Y = {x: typeof(v)}\n"
          "return tostring(Y.x)"));
  EXPECT_EQ("string", run("local v: string = f and f() type X = {x: typeof(v)} return tostring(X.x)"));
  EXPECT_EQ(
      "number[]|boolean|any",
      run("local a, b, c = {1, 2}, true, f and f() type X = {a: typeof(a), b: typeof(b), c: typeof(c)}\n"
          "return tostring(X.a), tostring(X.b), tostring(X.c)"));
}

// 3.2

TEST_F(TypesTest, TextIsNameOrStructure) {
  EXPECT_EQ(
      "Job|string?|string[]|{[string]: number}|{a: string, b?: number}|fun(a: Job) -> string|\"x\" | 3 | "
      "true",
      run("type Job = {a: string?, b: {string}, c: {[string]: number}, d: {a: string, b?: number},\n"
          "f: (a: Job) -> string, u: 'x' | 3 | true}\n"
          "return Job, Job.a, Job.b, Job.c, Job.d, Job.f, Job.u"));
  EXPECT_EQ("(string | number)[]|(string | number)?|fun(number, ...) -> (string, error?)|A & B",
            run("type A = {x: number} type B = {y: number}\n"
                "type T = {a: (string | number)[], b: (string | number)?, c: (number, ...any) -> (string, "
                "error?), d: A & "
                "B} return T.a, T.b, T.c, T.d"));
}

TEST_F(TypesTest, FieldsGiveTheirTypes) {
  EXPECT_EQ("string|nil|function",
            run("type Job = {id: string, name: number} return Job.id, Job.nothing, type(Job.name)"));
}

TEST_F(TypesTest, EqualityIsStructural) {
  EXPECT_EQ("true|false|true|true|false",
            run("type A = {x: string, y: number} type B = {y: number, x: string} type C = {x: string}\n"
                "type U = string | nil type O = string? type V = number | string type W = string | number\n"
                "type P = number @min(1)\n"
                "return A == B, A == C, U == O, V == W, P == (A.y)"));
}

TEST_F(TypesTest, OrderIsSubtyping) {
  const std::string types =
      "type I = integer type N = number type S = string type O = string? type L = 'a' | 'b' type Any = any\n"
      "type A = {x: number} type B = {x: number, y: string} type C = {x: integer} type R = readonly {x: "
      "number}\n"
      "type F = (number) -> integer type G = (integer) -> number type Arr = {integer} type Brr = {number}\n"
      "interface Named function name(): string end type T = table\n";
  EXPECT_EQ("true|true|false|true", run(types + "return I <= N, I < N, N <= I, N >= I"));
  EXPECT_EQ("true|true|true|false", run(types + "return S <= O, L <= S, S <= Any, Any <= S"));
  EXPECT_EQ("true|false|false|true", run(types + "return B <= A, A <= B, C <= A, C <= R"));
  EXPECT_EQ("true|false|true|false", run(types + "return F <= G, G <= F, Arr <= Brr, Brr <= Arr"));
  EXPECT_EQ("true|true|false|false", run(types + "return A <= T, Named <= T, A <= Named, A < A"));
  EXPECT_EQ("error: app:test:5: attempt to compare type with number", run(types + "return A <= 1"));
}

TEST_F(TypesTest, Kinds) {
  EXPECT_EQ(
      "nil boolean number integer string any unknown never optional union intersection function array map "
      "record "
      "generic instantiated unknown unknown number tuple ",
      run("type G<T> = {v: T} interface I end\n"
          "type K = {a: nil, b: boolean, c: number, d: integer, e: string, f: any, g: unknown, h: never, i: "
          "string?,"
          "j: string | number, k: I & I, l: () -> (number, string), m: {string}, n: {[string]: any}, o: {x: "
          "any},"
          "p: G, q: G<string>, r: 'lit', s: I, t: number @min(1)}\n"
          "local text = '' for _, t in K:fields() do text = text .. t:kind() .. ' ' end\n"
          "return text .. K.l:ret():kind() .. ' '"));
}

TEST_F(TypesTest, Reflection) {
  EXPECT_EQ("Price|number|nil",
            run("type Price = number @min(0) type R = {p: Price, s: {number}} return Price:name(), "
                "number:name(), R.s:name()"));
  EXPECT_EQ("number|string|boolean|string|nil", run("type R = {a: {number}, m: {[string]: boolean}, o: "
                                                    "string?} return R.a:elem(), R.m.key(), R.m:val(), "
                                                    "R.o:inner(), R.a:inner()"));
  EXPECT_EQ("string|nil|(string, number)", run("type R = {a: () -> string, b: () -> (), c: () -> (string, "
                                               "number)} return R.a:ret(), R.b:ret(), R.c:ret()"));
  EXPECT_EQ("id:string;n:number;",
            run("type Job = {id: string, n: number} local s = ''\n"
                "for n, t in Job:fields() do s = s .. n .. ':' .. tostring(t) .. ';' end return s"));
  EXPECT_EQ("\"a\",number,", run("type U = 'a' | number local s = ''\n"
                                 "for t in U.variants() do s = s .. tostring(t) .. ',' end return s"));
  EXPECT_EQ("number,string?,", run("type F = (a: number, string?) -> () local s = ''\n"
                                   "for t in F:params() do s = s .. tostring(t) .. ',' end return s"));
  EXPECT_EQ("A:nil;B:string;",
            run("type G<A, B: string> = {a: A, b: B} local s = ''\n"
                "for n, t in G:tparams() do s = s .. n .. ':' .. tostring(t) .. ';' end return s"));
  EXPECT_EQ("nil|nil|nil|nil",
            run("return string:fields(), string:variants(), string:params(), string:tparams()"));
}

TEST_F(TypesTest, ProgramsShareTheirTypesBetweenStates) {
  const Result<Program> program =
      compile("type T = {v: string @pattern('^a')} return T.is({v = 'ab'})", "app:test");
  ASSERT_TRUE(program.has_value());
  for (int i = 0; i < 3; ++i) {
    Memory memory(0, 1);
    const std::unique_ptr<lua_State, void (*)(lua_State*)> state(lua_newstate(Memory::allocate, &memory),
                                                                 lua_close);
    open_sandbox(state.get(), hooks);
    open_types(state.get(), raise_error);
    ASSERT_TRUE(load_program(state.get(), *program, "app:test").has_value());
    bind_types(state.get(), program->types);
    ASSERT_EQ(LUA_OK, lua_pcall(state.get(), 0, 2, 0)) << lua_tostring(state.get(), -1);
    EXPECT_TRUE(lua_istable(state.get(), 1));
    lua_gc(state.get(), LUA_GCCOLLECT);
  }
}

TEST_F(TypesTest, UntypedProgramsCarryNothing) {
  const Result<Program> program = compile("local x: number = 1 return x", "app:test");
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(nullptr, program->types);
}

TEST_F(TypesTest, LuasOwnObjectionsAreInvalid) {
  const Result<Program> program = compile("\ngoto nowhere", "app:test");
  ASSERT_TRUE(program.has_value());
  const Result<void> loaded = load_program(L, *program, "app:test");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ("Invalid", loaded.error().kind);
  EXPECT_NE(std::string::npos, loaded.error().message.find("app:test:2: no visible label 'nowhere'"))
      << loaded.error().message;
}

}  // namespace
}  // namespace trivium::lua
