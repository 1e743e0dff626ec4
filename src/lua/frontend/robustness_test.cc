// Hostile input: whatever the bytes, compiling ends with a program or an error, and what the front end
// accepts, Lua accepts too.
#include <random>

#include "lua/types/types_fixture.h"

namespace trivium::lua {
namespace {

class RobustnessTest : public TypesTest {
 protected:
  // Lua's own limits and its checks of labels and attributes are not the front end's.
  static bool allowed(const std::string& message) {
    for (const char* text : {"label", "goto", "too many", "overflow", "attempt to assign to const",
                             "too long", "multiple to-be-closed", "jumps into", "levels"}) {
      if (message.find(text) != std::string::npos) return true;
    }
    return false;
  }

  bool accept(const std::string& source) {
    const Result<Program> program = compile(source, "t");
    if (!program) {
      EXPECT_FALSE(program.error().message.empty());
      return false;
    }
    EXPECT_EQ(newlines(source), newlines(program->lua).substr(0, newlines(source).size()));
    lua_settop(L, 0);
    const Result<void> loaded = load_program(L, *program, "t");
    EXPECT_TRUE(loaded.has_value() || allowed(loaded.error().message))
        << loaded.error().message << "\nsource: " << source << "\nlua: " << program->lua;
    return loaded.has_value();
  }

  static std::string newlines(const std::string& text) {
    std::string only;
    for (char c : text) {
      if (c == '\n') only += c;
    }
    return only;
  }
};

constexpr const char* kTokens[] = {
    "x",      "y",     "T",       "type",  "interface", "as",    "is",    "asserts",  "readonly",
    "typeof", "keyof", "extends", "fun",   "if",        "then",  "else",  "elseif",   "end",
    "for",    "in",    "do",      "while", "repeat",    "until", "local", "function", "return",
    "break",  "goto",  "nil",     "true",  "false",     "and",   "or",    "not",      "1",
    "2.5",    "'s'",   "[[l]]",   "+",     "-",         "*",     "/",     "//",       "%",
    "^",      "#",     "&",       "~",     "|",         "<<",    ">>",    "==",       "~=",
    "<=",     ">=",    "<",       ">",     "=",         "(",     ")",     "{",        "}",
    "[",      "]",     "::",      ";",     ":",         ",",     ".",     "..",       "...",
    "->",     "?",     "!",       "@",     "@min(1)",   "\n",    "\n",    "string",   "number",
    "T(x)",   "x: T",  "<const>", "<T>",   ": T",       "as T",  ":: T",  "x = 1",    "'\\q'"};

// Snippets a mutation starts from.
constexpr const char* kSeeds[] = {
    "local function f<T: Shape>(a: {T}, ...: any): (T?, error?)\n  return (a[1] as T)!, nil\nend\n",
    "type Job = {id: string @min_len(1), note?: (Job) -> boolean,}\nlocal ok, err = Job:is({id = 'a'})\n",
    "interface Store: Base\n function get(k: string): any\nend\nfor i: number = 1, 3 do local x = i :: "
    "number end\n",
    "local t = {[1] = 'a\\d', b = function(x) return x end; 3}\nif t.b then goto done end\n::done::\nreturn "
    "t\n",
    "type C<T> = T extends string ? {[string]: T} : readonly T[] | 'a' & 3\nlocal c: Cell<Cell<C>>= nil\n"};

TEST_F(RobustnessTest, SurvivesTokenSoup) {
  std::mt19937 random(1);
  for (int round = 0; round < 30'000; ++round) {
    std::string source;
    for (unsigned i = random() % 14; i > 0; --i) {
      source += kTokens[random() % std::size(kTokens)];
      source += ' ';
    }
    accept(source);
  }
}

TEST_F(RobustnessTest, SurvivesMutations) {
  std::mt19937 random(2);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string source = kSeeds[random() % std::size(kSeeds)];
    for (unsigned i = random() % 4; i > 0; --i) {
      const size_t at = random() % (source.size() + 1);
      switch (random() % 4) {
        case 0:
          source.insert(at, std::string(" ") + kTokens[random() % std::size(kTokens)] + " ");
          break;
        case 1:
          source.erase(at, random() % 6);
          break;
        case 2:
          source.insert(at, 1, static_cast<char>(random()));
          break;
        default:
          source += kSeeds[random() % std::size(kSeeds)];
          break;
      }
    }
    accepted += accept(source) ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000);
}

TEST_F(RobustnessTest, SurvivesRandomBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    std::string source(random() % 60, '\0');
    for (char& c : source) c = static_cast<char>(random());
    accept(source);
  }
}

std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST_F(RobustnessTest, BoundsNesting) {
  const int deep = 20'000;
  for (const char* opener :
       {"(", "{", "f(", "a[", "-", "not ", "function() ", "do ", "if x then ", "while x do ", "x = {",
        "x = function() return ", "a .. ", "2 ^ ", "x(function() "}) {
    accept(repeated(opener, deep));
    accept("return " + repeated(opener, deep));
  }
  for (const char* opener :
       {"{", "(", "readonly ", "{[", "A<", "(a) -> ", "fun(): ", "fun(", "{a: ", "keyof(", "typeof(", "A | {",
        "A extends B ? ", "interface {a: ", "asserts x is ", "A["}) {
    accept("type X = " + repeated(opener, deep));
    accept("local x: " + repeated(opener, deep));
  }
  for (const char* suffix :
       {"?", "[]", "[A]", " | A", " & A", " | A & B", " @min(1)", "? @min(1)", " | 'a'?"}) {
    accept("type X = A" + repeated(suffix, deep) + " return X:is(1)");
  }
  for (const char* suffix :
       {".a", "[1]", "()", ":a()", "!", " as A", " :: A", " + 1", " .. 1", " and x", "'s'", "{}"}) {
    accept("local x = y" + repeated(suffix, deep));
  }
  for (const char* statement :
       {"local a ", "local a = a ", "type A = A ", "type A<T> = A<A<T>> ", ";", "::a::", "x = 1 "}) {
    accept(repeated(statement, deep));
  }
}

TEST_F(RobustnessTest, TypesThatNeverEndAreRefused) {
  EXPECT_EQ("false", run("type A = A return (pcall(A, 1))"));
  EXPECT_EQ("false", run("type A = B type B = A return (pcall(A, 1))"));
  EXPECT_EQ("false", run("type A = A? return (pcall(A, 1))"));
  EXPECT_EQ("false", run("type A = A | A return (pcall(A, 1))"));
  EXPECT_EQ("false", run("type A = A & A return (pcall(A, 1))"));
  EXPECT_EQ("false", run("type A<T> = A<A<T>> return (pcall(A(integer), 1))"));
  EXPECT_EQ("true", run("type A = A extends A ? A : A return A == A"));
  EXPECT_EQ("nil", run("type A = A[\"x\"] return A.y"));
  EXPECT_EQ("string", run("type A = {a: A, b: A} return type(tostring(A))"));
  EXPECT_EQ("true|true", run("type A = {a: A?, b: {A}} type B = {a: B?, b: {B}} return A == B, A <= B"));
  EXPECT_EQ("string",
            run("local a = {1} local b = {a, a} local c = {b, b} local d = {c, c} type D = typeof(d) return "
                "type(tostring(D))"));
}

TEST_F(RobustnessTest, ValuesThatNeverEndAreRefused) {
  EXPECT_EQ("nil|Invalid",
            run("type N = {next: N?} local n = {} n.next = n local v, e = N:is(n) return v, e:kind()"));
  EXPECT_EQ("false",
            run("type A = {k: T} type B = {k: T} type T = A | B local n = {} n.k = n return (pcall(T, n))"));
}

}  // namespace
}  // namespace trivium::lua
