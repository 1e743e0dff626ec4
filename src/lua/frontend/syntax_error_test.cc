#include <gtest/gtest.h>

#include "lua/frontend/frontend.h"

namespace trivium::lua {
namespace {

std::string message(const std::string& source) {
  const Result<Program> program = compile(source, "app:x");
  return program ? "" : program.error().message;
}

// The first line: position and text.
std::string headline(const std::string& source) {
  const std::string whole = message(source);
  return whole.substr(0, whole.find('\n'));
}

TEST(SyntaxErrorTest, IsInvalidAndFinal) {
  const Result<Program> program = compile("x =", "app:x");
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ("Invalid", program.error().kind);
  EXPECT_EQ(false, program.error().retryable);
}

TEST(SyntaxErrorTest, ShowsTheLineAndACaret) {
  EXPECT_EQ(
      "app:x:2:12: expected an expression, found 'end'\n"
      "    \tlocal x = end\n"
      "    \t          ^^^",
      message("do\n\tlocal x = end\nend"));
}

TEST(SyntaxErrorTest, CaretCountsCharactersNotBytes) {
  EXPECT_EQ(
      "app:x:1:10: expected '=' or a call, for an expression is no statement, found end of file\n"
      "    x 'h\xC3\xA9'.y\n"
      "            ^",
      message("x 'h\xC3\xA9'.y"));
}

TEST(SyntaxErrorTest, AtTheEndOfTheFileItShowsWhereTheTextEnds) {
  EXPECT_EQ(
      "app:x:4:1: expected 'end' to close 'function' at line 1, found end of file\n"
      "      return 1  \n"
      "              ^",
      message("function f()\n  return 1  \n\n"));
  EXPECT_EQ("app:x:3:1: expected 'end' to close 'do' at line 1, found end of file\n    do\n      ^",
            message("do\r\n\r\n"));
}

TEST(SyntaxErrorTest, GivesLineAndColumnToPrograms) {
  const ParseResult result = parse("local a = 1\nlocal = 2");
  ASSERT_EQ(1u, result.errors.size());
  EXPECT_EQ(nullptr, result.ast);
  EXPECT_EQ(2u, result.errors[0].position.line);
  EXPECT_EQ(7u, result.errors[0].position.column);
  EXPECT_EQ("expected variable name after 'local', found '='", result.errors[0].message);
}

TEST(SyntaxErrorTest, NamesTheTokenAndWhatWasExpected) {
  EXPECT_EQ("app:x:1:6: expected 'then' after the condition, found 'x'", headline("if a x then end"));
  EXPECT_EQ("app:x:3:1: expected 'end' to close 'function' at line 1, found end of file",
            headline("function f()\n  return 1\n"));
  EXPECT_EQ("app:x:2:1: expected ')' to close '(' at line 1, found 'end'", headline("f(1\nend"));
  EXPECT_EQ("app:x:1:10: expected an expression, found ';'", headline("t = { 1; ; }"));
  EXPECT_EQ("app:x:1:5: expected a statement or end of file, found 'end'", headline("f() end"));
  EXPECT_EQ("app:x:1:10: expected end of file after 'return', found 'x'", headline("return 1 x"));
  EXPECT_EQ("app:x:1:3: expected field name after '.', found 'end'", headline("a.end = 1"));
  EXPECT_EQ("app:x:1:1: cannot assign to this expression: expected a variable, a field or an index",
            headline("f() = 1"));
  EXPECT_EQ("app:x:1:1: 'break' outside a loop", headline("break"));
  EXPECT_EQ("app:x:1:23: cannot use '...' outside a vararg function",
            headline("function f()   return ... end"));
  EXPECT_EQ("app:x:1:8: expected an expression, found '+'", headline("x = 1; + 2"));
}

TEST(SyntaxErrorTest, ExplainsTypes) {
  EXPECT_EQ("app:x:1:10: expected a type, found '='", headline("local x: = 1"));
  EXPECT_EQ("app:x:1:12: expected '}', found ')'", headline("type A = {b)"));
  EXPECT_EQ("app:x:1:21: expected '->' after the parameter types, found end of file",
            headline("type A = (B, string)"));
  EXPECT_EQ("app:x:1:13: unexpected '.': a type name has at most one dot", headline("local x: a.b.c"));
  EXPECT_EQ("app:x:1:7: expected '=' after the type name, found end of file", headline("type A"));
}

TEST(SyntaxErrorTest, AngleAfterACastOpensTypeArguments) {
  EXPECT_EQ("app:x:1:23: expected '>', found end of file", headline("return x as number < 5"));
}

TEST(SyntaxErrorTest, CastsAreNoPrefixExpressions) {
  EXPECT_EQ("app:x:1:13: unexpected '.' after a cast: put the cast in parentheses, as in (value as T).field",
            headline("local y = e!.x"));
  EXPECT_NE("", headline("local y = e as T:m()"));
}

TEST(SyntaxErrorTest, SuggestsTheLuaInequality) {
  EXPECT_EQ("app:x:1:6: unexpected '!=': inequality is written '~='", headline("if a != b then end"));
}

TEST(SyntaxErrorTest, RefusesACallSplitOverLines) {
  EXPECT_EQ("app:x:2:1: ambiguous syntax (function call x new statement) near '('",
            headline("local a = f\n(g)()"));
  EXPECT_EQ("", headline("f(\n1\n)"));
  EXPECT_EQ("", headline("f\n{1}"));
}

TEST(SyntaxErrorTest, ReportsBrokenTokens) {
  EXPECT_EQ("app:x:1:5: unfinished string: expected closing \", found end of line",
            headline("x = \"abc\ny = 1"));
  EXPECT_EQ("app:x:1:5: unfinished string: expected closing ', found end of file", headline("x = 'abc\\"));
  EXPECT_EQ("app:x:2:5: unfinished long string: expected ']=]' to close line 2, found end of file",
            headline("\nx = [=[abc]]"));
  EXPECT_EQ("app:x:1:1: unfinished long comment: expected ']]' to close line 1, found end of file",
            headline("--[[abc"));
  EXPECT_EQ("app:x:1:5: malformed number near '3x'", headline("x = 3x"));
  EXPECT_EQ("app:x:1:5: malformed number near '0x'", headline("x = 0x"));
  EXPECT_EQ("app:x:1:5: malformed number near '1e'", headline("x = 1e"));
  EXPECT_EQ("app:x:1:5: malformed number near '1..2'", headline("x = 1..2"));
  EXPECT_EQ("app:x:1:7: decimal escape '\\300' is above 255", headline("x = 'a\\300'"));
  EXPECT_EQ("app:x:1:5: unexpected symbol '$'", headline("x = $"));
  EXPECT_EQ("app:x:1:5: unexpected symbol '\xC3\xA9'", headline("x = \xC3\xA9"));
  EXPECT_EQ("app:x:1:5: unexpected character with code 0", headline(std::string("x = \0", 5)));
}

TEST(SyntaxErrorTest, LongLinesAreShownInPart) {
  const std::string source = "x = '" + std::string(5000, 'a') + "' $ " + std::string(5000, ' ');
  EXPECT_LT(message(source).size(), 600u);
}

}  // namespace
}  // namespace trivium::lua
