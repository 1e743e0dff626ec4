#include "modules/json_module.h"

#include <gmock/gmock.h>

#include "modules/script_test_state.h"
#include "modules/time_module.h"

namespace trivium::lua {
namespace {

class JsonModule : public ScriptTest {
 protected:
  JsonModule() { library("json", open_json); }

  std::string encoded(const std::string& expression) { return eval("json.encode(" + expression + ")"); }
};

TEST_F(JsonModule, EncodesScalars) {
  EXPECT_EQ(encoded(""), "null nil");
  EXPECT_EQ(encoded("nil"), "null nil");
  EXPECT_EQ(encoded("true"), "true nil");
  EXPECT_EQ(encoded("false, 'ignored'"), "false nil");
  EXPECT_EQ(encoded("42"), "42 nil");
  EXPECT_EQ(encoded("math.mininteger"), "-9223372036854775808 nil");
  EXPECT_EQ(encoded("5.0"), "5 nil");
  EXPECT_EQ(encoded("0.1"), "0.1 nil");
  EXPECT_EQ(encoded("1e-7"), "1e-7 nil");
  EXPECT_EQ(encoded("1e21"), "1e+21 nil");
  EXPECT_EQ(encoded("{1e-7, 1e21}"), "[0.0000001,1000000000000000000000] nil");
  EXPECT_EQ(encoded("0/0"), "null nil");
  EXPECT_EQ(encoded("{1/0, -1/0}"), "[null,null] nil");
  EXPECT_EQ(encoded("'<a href=\"x\">\\n'"), "\"\\u003ca href=\\\"x\\\"\\u003e\\n\" nil");
}

TEST_F(JsonModule, EncodesTheRestAsNull) {
  EXPECT_EQ(encoded("print"), "null nil");
  EXPECT_EQ(encoded("{print}"), "[null] nil");
  EXPECT_EQ(encoded("{a = print}"), "{\"a\":null} nil");
  library("time", open_time);
  EXPECT_EQ(encoded("{time.utc}"), "[null] nil");
}

TEST_F(JsonModule, EncodesErrorsAsTheirFullText) {
  EXPECT_EQ(encoded("{e = an_error('boom')}"), "{\"e\":\"boom\"} nil");
  EXPECT_EQ(encoded("an_error('boom', 'reading')"), "\"reading: boom\" nil");
}

TEST_F(JsonModule, TablesWithKeysOneToNAreArrays) {
  EXPECT_EQ(encoded("{1, 'a', {true}}"), "[1,\"a\",[true]] nil");
  EXPECT_EQ(run("local t = {} for i = 10, 1, -1 do t[i] = i end return json.encode(t)"),
            "[1,2,3,4,5,6,7,8,9,10] nil");
  EXPECT_EQ(encoded("{[2] = 'b', [1] = 'a'}"), "[\"a\",\"b\"] nil");
  EXPECT_EQ(encoded("{[1.0] = 'a'}"), "[\"a\"] nil");
}

TEST_F(JsonModule, TablesThatShareTablesAreNotWrittenForever) {
  const std::string shared = "local t = {1} for i = 1, 40 do t = {t, t} end return json.";
  EXPECT_THAT(run(shared + "encode(t)"),
              testing::HasSubstr("<Internal: cannot encode to JSON: there are more than"));
  EXPECT_THAT(run(shared + "validate({}, t)"), testing::HasSubstr("cannot encode to JSON"));
  EXPECT_THAT(run("local s, t = ('x'):rep(1 << 20), {} for i = 1, 300 do t[i] = s end return json.encode(t)"),
              testing::HasSubstr("<Internal: cannot encode to JSON: the text is larger than"));
}

TEST_F(JsonModule, OtherTablesAreObjectsWithSortedKeys) {
  EXPECT_EQ(encoded("{b = 1, a = {y = 2, x = 1}, ['<'] = 3, ab = 4}"),
            "{\"\\u003c\":3,\"a\":{\"x\":1,\"y\":2},\"ab\":4,\"b\":1} nil");
  EXPECT_EQ(encoded("{[true] = 1, [false] = 2, [0] = 3, [-1] = 4, [1.5] = 5}"),
            "{\"-1\":4,\"0\":3,\"1.5\":5,\"false\":2,\"true\":1} nil");
  EXPECT_EQ(encoded("{[true] = 'boolean', ['true'] = 'string'}"),
            "{\"true\":\"string\",\"true\":\"boolean\"} nil");
  EXPECT_EQ(encoded("{[{}] = 1, a = 2}"), "{\"a\":2} nil");
}

TEST_F(JsonModule, RefusesTablesThatAreBoth) {
  EXPECT_NE(encoded("{1, 2, a = 3}").find("nil <Internal: cannot encode mixed-key table"), std::string::npos);
  EXPECT_NE(encoded("{x = {[1] = 1, [0] = 0}}").find("cannot encode mixed-key table"), std::string::npos);
  EXPECT_NE(encoded("{[1] = 1, [3] = 3, a = 1}").find("cannot encode mixed-key table"), std::string::npos);
}

TEST_F(JsonModule, RefusesArraysWithHoles) {
  EXPECT_NE(encoded("{1, nil, 3}").find("nil <Internal: cannot encode sparse array"), std::string::npos);
  EXPECT_NE(encoded("{[2] = 1}").find("cannot encode sparse array"), std::string::npos);
  EXPECT_EQ(encoded("{1, 2, nil}"), "[1,2] nil");
}

TEST_F(JsonModule, RefusesCyclesButNotSharing) {
  EXPECT_EQ(run("local t = {} t.x = {y = t} return json.encode(t)"),
            "nil <Internal: cannot encode recursively nested tables to JSON>");
  EXPECT_EQ(run("local t = {} t[1] = t return json.encode(t)"),
            "nil <Internal: cannot encode recursively nested tables to JSON>");
  EXPECT_EQ(run("local s = {1} return json.encode({s, s, {s}})"), "[[1],[1],[[1]]] nil");
}

TEST_F(JsonModule, NestingIsLimited) {
  EXPECT_EQ(run("local t = 1 for i = 1, 128 do t = {t} end local s, e = json.encode(t) return #s, e"),
            "257 nil");
  EXPECT_NE(run("local t = 1 for i = 1, 129 do t = {t} end return json.encode(t)")
                .find("nil <Internal: exceeded maximum nesting depth for JSON encoding"),
            std::string::npos);
}

TEST_F(JsonModule, EmptyTables) {
  EXPECT_EQ(encoded("{}"), "[] nil");
  EXPECT_EQ(encoded("{a = nil}"), "{} nil");
  EXPECT_EQ(run("local t = {} t.a = 1 t.a = nil return json.encode(t)"), "{} nil");
  EXPECT_EQ(run("local t = {1} t[1] = nil return json.encode(t)"), "[] nil");
  EXPECT_EQ(encoded("{x = {}, y = {a = nil}}"), "{\"x\":[],\"y\":{}} nil");
}

TEST_F(JsonModule, EmptyContainersSurviveARoundTrip) {
  EXPECT_EQ(encoded("json.decode('{\"o\":{},\"a\":[],\"n\":{\"x\":null}}')"),
            "{\"a\":[],\"n\":{},\"o\":{}} nil");
  EXPECT_EQ(encoded("json.decode('[{},[],[null]]')"), "[{},[],[]] nil");
  EXPECT_EQ(encoded("json.decode('[[1,2],[],[[3]],{\"a\":1,\"b\":2},{},[]]')"),
            "[[1,2],[],[[3]],{\"a\":1,\"b\":2},{},[]] nil");
}

TEST_F(JsonModule, MetatablesAreIgnored) {
  EXPECT_EQ(encoded("setmetatable({1}, {__index = {2, 3}, __tojson = error, __pairs = error})"), "[1] nil");
}

TEST_F(JsonModule, LeavesTheStackAlone) {
  lua_settop(L(), 0);
  lua_pushliteral(L(), "below");
  EXPECT_TRUE(push_json(L(), "{\"a\":[1,2,{\"b\":null}]}"));
  EXPECT_EQ(lua_gettop(L()), 2);
  EXPECT_EQ(*encode_json(L(), -1), "{\"a\":[1,2,{}]}");
  EXPECT_EQ(lua_gettop(L()), 2);
  EXPECT_FALSE(push_json(L(), "[1,[2,{\"a\":x"));
  EXPECT_EQ(lua_gettop(L()), 2);
}

TEST_F(JsonModule, DecodesScalars) {
  EXPECT_EQ(eval("json.decode('null')"), "nil nil");
  EXPECT_EQ(eval("json.decode(' true')"), "true nil");
  EXPECT_EQ(
      eval("math.type(json.decode('5')), math.type(json.decode('5.0')), math.type((json.decode('5e0')))"),
      "integer float float");
  EXPECT_EQ(eval("json.decode('99999999999999999999')"), "9223372036854775807 nil");
  EXPECT_EQ(eval("(json.decode('1e999')) == 1.7976931348623157e308"), "true");
  EXPECT_EQ(run("local v = json.decode('[1, {\"a\": 2}, 1e999, {\"b\": 3}]') return #v, v[2].a, v[4].b"),
            "4 2 3");
}

TEST_F(JsonModule, DecodesContainers) {
  EXPECT_EQ(run("local v = json.decode('{\"a\":[1,{\"b\":\"c\"}],\"d\":false}') return #v.a, v.a[2].b, v.d"),
            "2 c false");
  EXPECT_EQ(run("local v = json.decode('[1,null,3]') return v[1], v[2], v[3]"), "1 nil 3");
  EXPECT_NE(eval("json.encode((json.decode('[1,null,3]')))").find("sparse array"), std::string::npos);
  EXPECT_EQ(
      run("local v = json.decode('{\"a\":null,\"b\":1}') local n = 0 for k in pairs(v) do n = n + 1 end "
          "return n, v.a, v.b"),
      "1 nil 1");
}

TEST_F(JsonModule, DecodeReadsOnlyTheFirstValue) {
  EXPECT_EQ(eval("json.decode('1 x')"), "1 nil");
  EXPECT_EQ(eval("json.decode('01')"), "0 nil");
}

TEST_F(JsonModule, DecodeFailures) {
  EXPECT_EQ(eval("json.decode()"), "nil <Invalid: string expected>");
  EXPECT_EQ(eval("json.decode(5)"), "nil <Invalid: string expected>");
  EXPECT_EQ(eval("json.decode({})"), "nil <Invalid: string expected>");
  EXPECT_EQ(eval("json.decode('')"), "nil <Invalid: empty string is not valid JSON>");
  EXPECT_EQ(eval("json.decode('{\"a\": x}')"), "nil <Internal: json: invalid value at line 1, column 7>");
  EXPECT_EQ(eval("json.decode('{\"a\":1,\"a\":1}')"),
            "nil <Internal: json: duplicate key in object at line 1, column 11>");
  EXPECT_EQ(eval("json.decode('{\"a\":null,\"a\":1}')"),
            "nil <Internal: json: duplicate key in object at line 1, column 14>");
  EXPECT_EQ(eval("json.decode('{\"a\":false,\"a\":1}')"),
            "nil <Internal: json: duplicate key in object at line 1, column 15>");
  EXPECT_EQ(eval("json.decode('[\"\\xff\"]')").substr(0, 20), "nil <Internal: json:");
  EXPECT_EQ(eval("json.decode(('['):rep(129))"), "nil <Internal: json: maximum nesting depth exceeded>");
  EXPECT_EQ(eval("#json.decode(('['):rep(128) .. (']'):rep(128))"), "1");
}

TEST_F(JsonModule, StringsSurviveARoundTrip) {
  EXPECT_EQ(
      run("local s = 'a\\0b\\u{e9}\\u{1F600}\\u{2028}\\\\\"\\n' return json.decode((json.encode(s))) == s"),
      "true");
}

}  // namespace
}  // namespace trivium::lua
