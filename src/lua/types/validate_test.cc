#include "lua/types/types_fixture.h"

namespace trivium::lua {
namespace {

// 3.2: T(v)

TEST_F(TypesTest, CallReturnsTheVeryValue) {
  EXPECT_EQ("true|1",
            run("type Job = {id: string}\nlocal v = {id = 'a'}\nreturn Job(v) == v, select('#', Job(v))"));
}

TEST_F(TypesTest, CallRaisesPlainTextWithPosition) {
  EXPECT_EQ(
      "string|app:test:2: expected Job, got table",
      run("type Job = {id: string}\nlocal ok, e = pcall(function() return Job({}) end) return type(e), e"));
  EXPECT_EQ("error: app:test:1: expected string, got number", run("return string(5)"));
  EXPECT_EQ("error: app:test:1: expected integer, got string", run("return integer('5')"));
  EXPECT_EQ("error: app:test:1: expected string?, got number", run("type R = {a: string?} return R.a(5)"));
}

TEST_F(TypesTest, CallCountsItsArguments) {
  EXPECT_EQ("error: app:test:1: type Job expects at least 1 argument",
            run("type Job = {id: string} return Job()"));
  EXPECT_EQ("error: app:test:1: type Job validation expects 1 value, got 2",
            run("type Job = {id: string} return Job({}, 1)"));
  EXPECT_EQ("nil", run("type Opt = string? return Opt(nil)"));
}

TEST_F(TypesTest, IsReturnsValueOrError) {
  EXPECT_EQ("a|nil", run("return string:is('a')"));
  EXPECT_EQ("a|nil", run("return string.is('a')"));
  EXPECT_EQ("nil|nil", run("type Opt = string? return Opt:is(nil)"));
  EXPECT_EQ("false|nil", run("type Flag = boolean return Flag:is(false)"));
  EXPECT_EQ("true|nil", run("local t = type type A = any local v, e = A.is(A) return v == A, e"));
}

TEST_F(TypesTest, IsGivesAStructuredError) {
  EXPECT_EQ(
      "userdata|Invalid|false|id: expected string, got number|id|string|number|nil",
      run("type Job = {id: string}\nlocal v, e = Job:is({id = 5})\nlocal d = e:details()\n"
          "return type(e), e:kind(), e:retryable(), e:message(), d.field, d.expected, d.got, d.constraint"));
  EXPECT_EQ("expected Job, got string|nil",
            run("type Job = {id: string} local v, e = Job:is('x') return e:message(), e:details().field"));
}

// 3.3

struct Check {
  const char* type;
  const char* value;
  const char* message;  // empty: accepted
};

void PrintTo(const Check& check, std::ostream* out) { *out << check.value << " as " << check.type; }

class CheckTest : public TypesTest, public testing::WithParamInterface<Check> {
 protected:
  CheckTest() {
    push_error(L, Error::of(kind::invalid, "x"));
    lua_setglobal(L, "failure");
    lua_newthread(L);
    lua_setglobal(L, "thread");
  }
};

TEST_P(CheckTest, Is) {
  const std::string source = std::string("type T = ") + GetParam().type + "\nlocal v, e = T:is(" +
                             GetParam().value + ")\nreturn e and e:message() or ''";
  EXPECT_EQ(GetParam().message, run(source)) << source;
}

constexpr Check kChecks[] = {
    {"any", "nil", ""},
    {"unknown", "{}", ""},
    {"self", "print", ""},
    {"never", "nil", "expected never, got nil"},
    {"nil", "nil", ""},
    {"nil", "false", "expected nil, got boolean"},
    {"boolean", "false", ""},
    {"bool", "1", "expected boolean, got number"},
    {"string", "'x'", ""},
    {"string", "1", "expected string, got number"},
    {"string", "failure", "expected string, got userdata"},
    {"number", "1.5", ""},
    {"number", "'1'", "expected number, got string"},
    {"integer", "3", ""},
    {"int", "3.0", ""},
    {"integer", "3.5", "expected integer, got number"},
    {"integer", "1/0", "expected integer, got number"},
    {"'a'", "'a'", ""},
    {"'a'", "'b'", "expected \"a\", got string"},
    {"3", "3.0", ""},
    {"-3", "-3", ""},
    {"true", "false", "expected true, got boolean"},
    {"string?", "nil", ""},
    {"string?", "1", "expected string, got number"},
    {"string | number", "1", ""},
    {"{a: string | number}", "{a = true}", "a: expected string | number, got boolean"},
    {"{a: number} & {b: string}", "{a = 1, b = 'x'}", ""},
    {"{a: number} & {b: string}", "{a = 1}", "b: required field missing"},
    {"{string}", "{}", ""},
    {"{string}", "{'a', nil, 'c'}", ""},
    {"{string}", "{'a', 2}", "[2]: expected string, got number"},
    {"{string}", "{'a', nil, nil, nil, 5}", "[5]: expected string, got number"},
    {"string[]", "{'a', x = 2}", ""},
    {"string[]", "'a'", "expected T, got string"},
    {"{[string]: number}", "{a = 1}", ""},
    {"{[string]: number}", "{a = 'x'}", "a: expected number, got string"},
    {"{[string]: number}", "{[1] = 1}", "[key]: expected string, got number"},
    {"{tags: {[string]: number}}", "{tags = {[true] = 1}}", "tags[key]: expected string, got boolean"},
    {"{[number]: string}", "{'a', 5}", "[2]: expected string, got number"},
    {"{a: string}", "{a = 'x', extra = 1}", ""},
    {"{a: string}", "{}", "a: required field missing"},
    {"{a?: string}", "{}", ""},
    {"{a?: string}", "{a = 1}", "a: expected string, got number"},
    {"{a: string?}", "{}", ""},
    {"{a: any}", "{}", ""},
    {"{a: string}", "setmetatable({}, {__index = {a = 'x'}})", "a: required field missing"},
    {"{user: {email: string}}", "{user = {email = 5}}", "user.email: expected string, got number"},
    {"{items: {{id: string}}}", "{items = {{id = 'a'}, {}}}", "items[2].id: required field missing"},
    {"{meta: {[string]: string}}", "{meta = {env = 1}}", "meta.env: expected string, got number"},
    {"(number) -> string", "type", ""},
    {"(number) -> string", "{}", "expected T, got table"},
    {"{f: fun(a: number): string}", "{f = 1}", "f: expected fun(a: number) -> string, got number"},
    {"table", "{}", ""},
    {"table", "1", "expected table, got number"},
    {"interface {read: (self) -> string}", "{}", ""},
    {"error", "failure", ""},
    {"error", "'x'", "expected T, got string"},
    {"Channel<string>", "{}", "expected T, got table"},
    {"process.Event", "{}", ""},
    {"process.Message", "{}", "expected T, got table"},
    {"{n?: T}", "{n = {n = {n = 1}}}", "n.n.n: expected T, got number"},
    {"{x: Nobody}", "{x = 1}", "x: unresolved type Nobody"},
    {"{x: lib.Nobody}", "{x = 1}", "x: unresolved type lib.Nobody"},
    {"{k: 'a', v: number} | {k: 'b', v: string}", "{k = 'b', v = 'x'}", ""},
    {"{k: 'a', v: number} | {k: 'b', v: string}", "{k = 'b', v = 1}", "expected T, got table"},
    {"readonly {a: number}", "{a = 1}", ""},
    {"{f: string}", "{f = type}", "f: expected string, got function"},
    {"{f: string}", "{f = thread}", "f: expected string, got thread"},
    {"{f: string}", "{f = T}", "f: expected string, got type"},
    // 3.4
    {"number @min(1)", "1", ""},
    {"number @min(1)", "0", "value below minimum"},
    {"number @max(2.5)", "3", "value above maximum"},
    {"{p: number @min(-1) @max(1)}", "{p = -2}", "p: value below minimum"},
    {"{p: (number @min(1))?}", "{}", ""},
    {"number @min(1)?", "nil", ""},
    {"number @min(1)?", "0", "value below minimum"},
    {"string @min_len(2)", "'a'", "length below minimum"},
    {"string @max_len(1)", "'\\195\\169'", "length above maximum"},
    {"{number} @max_len(1)", "{1, 2}", "length above maximum"},
    {"{number} @min_len(1)", "{'x'}", "[1]: expected number, got string"},
    {"{string @min_len(2)}", "{'ab', 'c'}", "[2]: length below minimum"},
    {"string @pattern(\"^\\\\d+$\")", "'12'", ""},
    {"string @pattern(\"\\\\d+\")", "'a12b'", ""},
    {"string @pattern(\"^\\\\d+$\")", "'a12'", "pattern mismatch"},
    {"string @pattern(\"(\")", "'a'", "invalid regex"},
    {"string @pattern(5)", "'a'", "invalid pattern argument"},
    {"string @min_len(2) @pattern('x')", "''", "length below minimum"},
    {"string @deprecated @whatever(1)", "'a'", ""},
    {"'a' @min(1) | string @min_len(3)", "'abc'", ""},
    {"string @min_len(3)", "5", "expected string, got number"},
};

INSTANTIATE_TEST_SUITE_P(Table33, CheckTest, testing::ValuesIn(kChecks));

TEST_F(TypesTest, ConstraintIsAmongTheDetails) {
  EXPECT_EQ("p|value below minimum|nil",
            run("type T = {p: number @min(1)} local v, e = T:is({p = 0}) local d = e:details()\n"
                "return d.field, d.constraint, d.expected"));
  EXPECT_EQ("a|string|nil", run("type T = {a: string} local v, e = T:is({}) local d = e:details()\n"
                                "return d.field, d.expected, d.got"));
}

TEST_F(TypesTest, DepthIsLimited) {
  const std::string source =
      "type N = {next?: N} local function nested(n) local v = {} for i = 2, n do v = {next = v} end return v "
      "end\n";
  EXPECT_EQ("true|false", run(source + "return (N:is(nested(64))) ~= nil, (N:is(nested(65))) ~= nil"));
}

TEST_F(TypesTest, Generics) {
  const std::string cell =
      "type Cell<T> = {v: T} type Pair<A, B> = {a: A, b: B} type Tree<T> = {v: T, kids: {Tree<T>}}\n";
  EXPECT_EQ("1", run(cell + "return Cell(number)({v = 1}).v"));
  EXPECT_EQ("v: expected string, got number",
            run(cell + "local _, e = Cell(string):is({v = 1}) return e:message()"));
  EXPECT_EQ("Cell<string>|nil|instantiated|string",
            run(cell + "local C = Cell(string) return tostring(C), C:name(), C:kind(), tostring(C.v)"));
  EXPECT_EQ("S|instantiated|true",
            run(cell + "type S = Cell<string> return S:name(), S:kind(), S == Cell(string)"));
  EXPECT_EQ(
      "kids[1].v: expected integer, got string",
      run(cell + "local _, e = Tree(integer):is({v = 1, kids = {{v = 'x', kids = {}}}}) return e:message()"));
  EXPECT_EQ(
      "b.v: expected number, got string",
      run(cell + "local _, e = Pair(string, Cell(number)):is({a = 'x', b = {v = 'y'}}) return e:message()"));
  EXPECT_EQ("error: app:test:2: expected Cell, got table", run(cell + "return Cell({v = 1})"));
  EXPECT_EQ("error: app:test:2: generic Pair expects 2 type arguments, got 1",
            run(cell + "return Pair(Cell(string))"));
  EXPECT_EQ("error: app:test:2: type Pair does not accept mixed type/value arguments",
            run(cell + "return Pair(string, {})"));
  EXPECT_EQ("error: app:test:2: type S is not generic", run(cell + "type S = string return S(Cell)"));
  EXPECT_EQ("x: expected number, got string", run("type Box<T> = {x: T} type Two = {b: Box<number>} local _, "
                                                  "e = Two.b:is({x = 's'}) return e:message()"));
}

}  // namespace
}  // namespace trivium::lua
