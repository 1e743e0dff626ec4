// Every form that types have in a source: it parses, the erased chunk loads and behaves, and
// every token stays on its line.
#include "lua/types/types_fixture.h"

namespace trivium::lua {
namespace {

class ErasureTest : public TypesTest {
 protected:
  static std::string erased(const std::string& source) {
    const Result<Program> program = compile(source, "t");
    return program ? program->lua : program.error().message;
  }
};

struct Form {
  const char* name;
  const char* source;
  const char* result;
};

void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

class FormTest : public TypesTest, public testing::WithParamInterface<Form> {};

TEST_P(FormTest, Behaves) { EXPECT_EQ(GetParam().result, run(GetParam().source)) << GetParam().source; }

constexpr Form kForms[] = {
    {"local_annotation", "local n: number, tag: string? = 4, nil return n, tag", "4|nil"},
    {"local_without_value", "local cur: Cursor? return cur", "nil"},
    {"parameters_and_return",
     "local function area(w: number, h: number): number return w * h end return area(2, 3)", "6"},
    {"multiple_returns",
     "local M = {} function M.load(id: string): (Row?, error?) return id, 2 end return M.load('a')", "a|2"},
    {"returns_without_parentheses",
     "local M = {} function M.load(id: string): Row?, error? return id, 2 end return M.load('a')", "a|2"},
    {"no_results", "local function f(): () end return f()", ""},
    {"varargs", "local function log(fmt: string, ...: any) return select('#', ...) end return log('a', 1, 2)",
     "2"},
    {"only_varargs", "local function f(...: integer): integer return (...) end return f(7)", "7"},
    {"method",
     "local Stack = {} function Stack:push(v: any): Stack self.v = v return self end return Stack:push(3).v",
     "3"},
    {"anonymous",
     "local function map(t, f) return f(t[1]) end return map({5}, function(x: number): string return '#' .. "
     "x end)",
     "#5"},
    {"generic_function", "local function last<T>(xs: {T}): T? return xs[#xs] end return last({1, 2})", "2"},
    {"generic_anonymous", "return (function<T, U: any>(a: T, b: U): (U, T) return b, a end)(1, 2)", "2|1"},
    {"constrained_generic", "local M = {} function M.render<T: Shape>(s: T) return s end return M.render(1)",
     "1"},
    {"alias", "type Price = number @min(0) return Price(3)", "3"},
    {"generic_alias", "type Cell<T> = {v: T} return tostring(Cell)", "Cell"},
    {"literal_union", "type Level = \"low\" | \"high\" | 3 | true return Level('low'), Level(3), Level(true)",
     "low|3|true"},
    {"record", "type Job = {id: string, note?: string, run: (Job) -> boolean,} return (Job:is({})) == nil",
     "true"},
    {"multiline_record", "type Job = {\n  id: string,\n  note?: string,\n}\nreturn Job.kind()", "record"},
    {"arrays", "type A = {string} type B = string[] type C = any[] return A == B, A == C", "true|false"},
    {"map", "type M = {[string]: {Job}} return M:kind()", "map"},
    {"readonly", "type R = readonly {Job} type S = readonly {[string]: Job} return R:kind(), S:kind()",
     "array|map"},
    {"optional", "type O = {Job}? type P = string?? return O:kind(), tostring(P:inner())", "optional|string"},
    {"intersection", "type Doc = {a: string} type Dated = {b: number} type S = Doc & Dated return S:kind()",
     "intersection"},
    {"function_types",
     "type F = (Job, integer) -> (boolean, string?) type G = (n: number) -> () type H = (...any) -> any "
     "return F:kind(), G:kind(), H:kind()",
     "function|function|function"},
    {"fun_type", "type F = fun(a: number, b: string): boolean return F:kind()", "function"},
    {"generic_instance",
     "type Cell<T> = {v: T} local c: Cell<string>, ch: Channel<Job> = {v = 'x'}, nil return c.v", "x"},
    {"imported_type",
     "local geo = require and {} local function f(p: geo.Point): geo.Point return p end return f(1)", "1"},
    {"annotations",
     "type Name = string @min_len(1) @max_len(9) type Old = string @deprecated return Name('a'), Old('')",
     "a|"},
    {"annotated_local", "local p: number @min(1) = 0 return p", "0"},
    {"typeof", "local defaults = {n = 1} type Cfg = typeof(defaults) return Cfg:kind()", "record"},
    {"keyof", "type Job = {id: string} type K = keyof(Job) return K('id')", "id"},
    {"index_access", "type Job = {id: string} type I = Job[\"id\"] return I:kind()", "string"},
    {"conditional", "type C<T> = T extends string ? number : boolean type D = C<string> return D(5)", "5"},
    {"conditional_optional", "type C = string? extends string? ? number : boolean return C(5)", "5"},
    {"inline_interface", "type R = interface {read: (self) -> string} return R:is(5)",
     "nil|expected R, got number"},
    {"interface_statement",
     "interface Store: Base\n  function get(k: string): any\n  function set(k: string, v: any)\nend\nreturn "
     "Store({}) ~= "
     "nil",
     "true"},
    {"type_guard", "local function isJob(v: any): asserts v is Job return v end return isJob(1)", "1"},
    {"asserts", "local function check(v: any): asserts v return v end return check(2)", "2"},
    {"cast_keyword", "return ({id = 1} as Job).id", "1"},
    {"cast_operator", "local row = {label = 'l'} local label = row.label :: string return label", "l"},
    {"double_cast", "local x = 1 return (x :: any) :: string", "1"},
    {"keyword_casts_chain", "local x = 1 return x as any as string", "1"},
    {"non_nil", "local cfg, body = {path = 'p'}, 'b' return tostring(body!) .. cfg.path!", "bp"},
    {"type_call", "type Job = {id: string} return Job({id = 'a'}).id, (Job:is({id = 'b'})).id, Job.name()",
     "a|b|Job"},
    {"primitive_call", "local row = {n = 3} return string('s'), integer(row.n)", "s|3"},
    {"cast_keeps_all_values", "local function f() return 1, 2 end return f() as any", "1|2"},
    {"cast_keeps_all_arguments", "local function f() return 1, 2 end return select('#', f() :: T)", "2"},
    {"cast_in_constructor", "local t = {1 as any, k = 2 :: number; 'x'!} return t[1], t.k, t[2]", "1|2|x"},
    // supersets
    {"parenthesised_type", "local v: (string | number)? = 1 return v", "1"},
    {"parenthesised_result", "local function f(): (string | number)? return 1 end return f()", "1"},
    {"leading_bar", "type L =\n  | 'a'\n  | 'b'\nreturn L('b')", "b"},
    {"semicolon_fields", "type R = {a: number; b: string} return R:kind()", "record"},
    {"spaced_optional_field", "type R = {a ? : number} return R({}) ~= nil", "true"},
    {"export_type", "export type R = {a: number} return R.kind()", "record"},
    {"for_annotations",
     "local s = 0 for i: number = 1, 3 do s = s + i end for k: string, v: any in pairs({a = 1}) do "
     "s = s + v end return s",
     "7"},
    {"qualified_generic", "local v: lib.Generic<string> = 1 return v", "1"},
    {"keyword_fields", "type R = {end: number, nil?: string, goto: any} return R({['end'] = 1}) ~= nil",
     "true"},
    {"attributes", "local a <const>, b <close> = 1, nil return a", "1"},
    {"const_with_type", "local a <const>: number = 1 return a", "1"},
};

INSTANTIATE_TEST_SUITE_P(Table22, FormTest, testing::ValuesIn(kForms),
                         [](const auto& info) { return std::string(info.param.name); });

constexpr Form kRules[] = {
    // 2.3 precedence
    {"cast_covers_method_call", "local b = {c = function() return 2 end} return 1 + b:c() :: number", "3"},
    {"cast_below_unary", "local x = 3 return -x as integer, #{1} as integer, not nil as any", "-3|1|true"},
    {"cast_above_power", "return 2 ^ 3 as number ^ 1", "8"},
    {"operator_after_cast", "local a, b = 2, 3 return a as number * b as number + 1 :: number", "7"},
    {"comparison_after_parenthesised_cast", "local x = 4 return (x as number) < 5", "true"},
    {"concat_after_cast", "local x = 4 return x :: string .. 'a'", "4a"},
    {"logic_after_cast", "local x return x as any and 1 or 2", "2"},
    {"equality_after_bang", "local a = 1 return a! == 1, a!==1", "true|true"},
    {"cast_parenthesised_index", "local e = {x = {y = 1}} return (e!).x.y, (e as any).x.y", "1|1"},
    // 2.4 disambiguation
    {"type_is_a_function", "return type(1), type 'x', type{}", "number|string|table"},
    {"type_is_a_name", "local type = 5 type = 6 return type", "6"},
    {"type_is_a_field", "local t = {type = 1} t.type = 2 return t.type", "2"},
    {"interface_is_a_name", "local interface = {x = 1} interface.x = 2 return interface.x", "2"},
    {"label_after_expression", "do local x = 1 goto done ::done:: end return 1", "1"},
    {"label_after_value", "local n = 0 ::top:: n = n + 1 if n < 3 then goto top end return n", "3"},
    {"label_on_the_same_line_as_value",
     "local n = 0 local m = n ::top:: n = n + 1 if n < 3 then goto top end return n", "3"},
    {"result_list_then_body", "local function f(): (A, B) return 1 end return f()", "1"},
    {"result_function_type", "local function f(): (A, B) -> C return 1 end return f()", "1"},
    {"result_list_continues", "local function f(): A, (B) -> C, D return 1 end return f()", "1"},
    {"result_then_parenthesis",
     "local g = function() end local function f(): T (g)() return 2 end return f()", "2"},
    {"nested_angles", "local c: Cell<Cell<number>>, d: A<B<C<number>>> = 1, 2 return c, d", "1|2"},
    {"angle_equals", "local c: Cell<number>= 5 local d: Cell<Cell<number>>= 6 return c, d", "5|6"},
    {"shifts_still_shift", "return 8 >> 1, 1 << 2, 3 >= 2", "4|4|true"},
    {"union_absorbed_by_cast", "local x = 1 return x as A | B & C", "1"},
    {"annotation_needs_adjacent_parenthesis", "type Old = string @deprecated\n(type)(1)\nreturn 1", "1"},
    {"negative_annotation_argument", "type T = number @min(-2) return T(-1)", "-1"},
    {"local_named_like_a_type", "local string = {len = function() return 9 end} return string.len()", "9"},
    {"local_called_like_a_type", "local number = function(v) return v + 1 end return number(1)", "2"},
    {"library_keeps_its_name", "return string.format('%d', 3), string.upper('a')", "3|A"},
    {"colon_in_parameters", "local function f(a: b, c: d) return a, c end return f(1, 2)", "1|2"},
    {"function_type_parameter",
     "local function f(cb: (n: number) -> (), x: fun(a: T): U) return x end return f(1, 2)", "2"},
    // 1.1 contextual words
    {"words_as_fields",
     "local t = {type=1, interface=2, readonly=3, as=4, asserts=5, is=6, keyof=7, extends=8, typeof=9, "
     "fun=10} "
     "return t.type + t.interface + t.readonly + t.as + t.asserts + t.is + t.keyof + t.extends + t.typeof + "
     "t.fun",
     "55"},
    {"words_as_methods",
     "local t = {} function t:is(v) return v end function t.as(v) return v end function t:readonly() return "
     "3 end "
     "return t:is(1), t.as(2), t:readonly()",
     "1|2|3"},
    {"words_as_record_fields",
     "type R = {type: string, interface: string, readonly: string, as?: string, is: string, typeof: string, "
     "keyof: "
     "string, extends: string, fun: string, asserts: string} return R:kind()",
     "record"},
    {"goto_as_field", "local t = {goto = 3} t.goto = t.goto + 1 return t.goto, t\n.\ngoto", "4|4"},
    {"words_as_variables", "local is, fun, typeof, extends = 1, 2, 3, 4 return is + fun + typeof + extends",
     "10"},
    {"as_as_variable", "local as = 2 as = as + 1 return as", "3"},
    // 1.1 lexis
    {"unknown_escapes", "return '\\d+\\/\\q', \"\\%\\-\", '\\s'", "d+/q|%-|s"},
    {"known_escapes", "return #'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"\\065\\x41\\z   \\u{48}'", "13"},
    {"broken_extended_escapes", "return '\\xzz\\u{\\u'", "xzzu{u"},
    {"escaped_newline", "return 'a\\\nb'", "a\nb"},
    {"long_strings", "return [[\nx]], [==[a]]b]==]", "x|a]]b"},
    {"numerals", "return 0x10, 1e2, .5, 3., 0xA.8p1, 9223372036854775808",
     "16|100|0.5|3|21|9.223372036854776e+18"},
    {"shebang", "#!/usr/bin/env lua\nreturn 1", "1"},
    {"byte_order_mark", "\xEF\xBB\xBFreturn 1", "1"},
    {"comments", "--[==[ x\n]] ]==] return --[[ y ]] 1 -- z", "1"},
};

INSTANTIATE_TEST_SUITE_P(Rules, FormTest, testing::ValuesIn(kRules),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(ErasureTest, BlanksWhatItErases) {
  EXPECT_EQ("local n         = 4", erased("local n: number = 4"));
  EXPECT_EQ("return x       ", erased("return x as any"));
  EXPECT_EQ("local function f   (a   )    return a end", erased("local function f<T>(a: T): T return a end"));
}

TEST_F(ErasureTest, PutsASemicolonForADeclaration) {
  EXPECT_EQ(";             \n  x = 1", erased("type A = {b: C\n} x = 1"));
}

TEST_F(ErasureTest, LeavesPlainLuaAlone) {
  const std::string source =
      "-- c\nlocal t = {a = 1; [2] = 3}\nfor k, v in pairs(t) do print(k, v) end\ngoto e ::e::";
  EXPECT_EQ(source, erased(source));
}

TEST_F(ErasureTest, KeepsLineNumbers) {
  EXPECT_EQ("error: app:test:9: here",
            run("type Job = {\n  id: string,\n}\ninterface I\n  function f(\n    a: "
                "string\n  ): any\nend\nerror('here')"));
  EXPECT_EQ("error: app:test:4: here", run("local s = 'a\\q\\\n'\nlocal x: {\n} = s error('here')"));
  EXPECT_EQ("error: app:test:3: expected Job, got number", run("type Job = {id: string}\n\nJob(1)"));
}

TEST_F(ErasureTest, KeepsLineNumbersOfEveryNewline) {
  EXPECT_EQ("error: app:test:4: here", run("local a: {\r\n  b: string\r\n} = {}\r\nerror('here')"));
  EXPECT_EQ("error: app:test:3: here", run("type A = {\r}\rerror('here')"));
}

TEST_F(ErasureTest, ErasedEndsDoNotRunIntoTheNextStatement) {
  EXPECT_EQ("2", run("local n = 0\nlocal f = function() n = n + 1 end\nlocal a = f as any\n(function() n = n "
                     "+ 2 end)()\n"
                     "return n"));
  EXPECT_EQ("2", run("local n = 1\nlocal a = n!\n(function() n = n + 1 end)()\nreturn n"));
  EXPECT_EQ("2", run("local n = 1\nlocal a\na = n :: number\n(function() n = n + 1 end)()\nreturn n"));
  EXPECT_EQ("2", run("local n = 1\nrepeat until n as any\n(function() n = n + 1 end)()\nreturn n"));
  EXPECT_EQ("2", run("local n = 1\nlocal a = n\ntype X = number\n(function() n = n + 1 end)()\nreturn n"));
  EXPECT_EQ("1", run("local function f() return 1 as any; end return f() :: any;"));
}

TEST_F(ErasureTest, TakesNoLocalOfTheChunk) {
  std::string source = "type T = {a: number}\n";
  for (int i = 0; i < 200; ++i) source += "local v" + std::to_string(i) + " = T\n";
  EXPECT_EQ("true", run(source + "return v0 == v199"));
}

TEST_F(ErasureTest, LeavesNoTraceInGlobals) {
  EXPECT_EQ("0|nil|nil",
            run("type T = {a: number} local before = {} for k in pairs(_G) do before[k] = true end\n"
                "T({a = 1}) local new = 0 for k in pairs(_G) do if not before[k] then new = new + 1 end end\n"
                "return new, _T, _G.T"));
}

TEST_F(ErasureTest, HiddenNameAvoidsThoseOfTheSource) {
  EXPECT_EQ("5|1", run("type T = number local _T, _T_ = 5, 6 return _T, T(1)"));
}

TEST_F(ErasureTest, ChunkEndingInACommentIsWrapped) {
  EXPECT_EQ("1", run("type T = number return T(1) -- done"));
  EXPECT_EQ("", run("type T = number T(1)\n--[[ done ]]"));
}

TEST_F(ErasureTest, ChunkKeepsItsVarargs) {
  lua_settop(L, 0);
  const Result<Program> program = compile("type T = number return T(...), select('#', ...)", "app:test");
  ASSERT_TRUE(program.has_value());
  ASSERT_TRUE(load_program(L, *program, "app:test").has_value());
  bind_types(L, program->types);
  lua_pushinteger(L, 7);
  ASSERT_EQ(LUA_OK, lua_pcall(L, 1, 2, 0));
  EXPECT_EQ("7", text(1));
  EXPECT_EQ("1", text(2));
}

TEST_F(ErasureTest, CollectsRequiredNames) {
  const Result<Program> program = compile(
      "local a = require('json')\nlocal b = require \"app.util\"\nlocal c = require(a)\nrequire('json')",
      "t");
  ASSERT_TRUE(program.has_value());
  ASSERT_EQ(3u, program->requires_.size());
  EXPECT_EQ("json", program->requires_[0].name);
  EXPECT_EQ("app.util", program->requires_[1].name);
  EXPECT_EQ(2u, program->requires_[1].position.line);
  EXPECT_EQ(19u, program->requires_[1].position.column);
}

TEST_F(ErasureTest, AnOwnRequireIsNotCollected) {
  EXPECT_TRUE(compile("local require = print require('x')", "t")->requires_.empty());
}

}  // namespace
}  // namespace trivium::lua
