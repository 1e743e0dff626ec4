#include "lua/sandbox/sandbox_fixture.h"

namespace trivium::lua {
namespace {

TEST_F(SandboxTest, StringFunctions) {
  EXPECT_EQ(eval("('abc'):byte(1, -1)"), "97|98|99");
  EXPECT_EQ(eval("string.char(104, 105), ('abc'):len(), ('abc'):rep(2), ('abc'):rep(-1), ('abc'):reverse(), "
                 "('abcdef'):sub(2, -2)"),
            "hi|3|abcabc||cba|bcde");
  EXPECT_EQ(eval("('key=value'):match('(%w+)=(%w+)')"), "key|value");
  EXPECT_EQ(eval("('a1b2'):gsub('%d', '<%0>')"), "a<1>b<2>|2");
  EXPECT_EQ(run("local s = '' for w in ('one two'):gmatch('%a+') do s = s .. w .. ';' end return s, "
                "string.gfind == string.gmatch"),
            "one;two;|true");
  EXPECT_EQ(eval("('x').nothing, ('abc'):match('z'), #string.pack('i4', 7), (string.unpack('i4', "
                 "string.pack('i4', 7)))"),
            "nil|nil|4|7");
  EXPECT_EQ(eval("('a\\0b'):find('%z'), ('THE (quick) fox'):find('%f[%a]%a+%f[%A]')"), "2|1|3");
  EXPECT_EQ(run("string.dump(function() end)"), "error: app:test:1: unable to dump given function");
  EXPECT_EQ(run("string.upper(nil)"),
            "error: app:test:1: bad argument #1 to 'upper' (string expected, got nil)");
}

TEST_F(SandboxTest, RepeatingNothingTakesNoTime) {
  EXPECT_EQ(
      eval("(''):rep(math.maxinteger), (''):rep(math.maxinteger, ''), (''):rep(3, '-'), ('a'):rep(2, ',')"),
      "||--|a,a");
  EXPECT_EQ(run("('x'):rep(math.maxinteger)"), "error: app:test:1: resulting string too large");
}

TEST_F(SandboxTest, StringFindEmpty) {
  EXPECT_EQ(eval("('abc'):find('')"), "1|0");
  EXPECT_EQ(eval("('abc'):find('', 3)"), "1|0");
  EXPECT_EQ(eval("('abc'):find('c', 1, true)"), "3|3");
  EXPECT_EQ(eval("('a.c'):find('.', 1, true)"), "2|2");
}

TEST_F(SandboxTest, GsubReplacements) {
  EXPECT_EQ(eval("('x'):gsub('x', '100%')"), "100%|1");
  EXPECT_EQ(eval("('x'):gsub('x', '%a%%%.')"), "%a%%.|1");
  EXPECT_EQ(eval("('ab'):gsub('(a)(b)', '%2%1%0%')"), "baab%|1");
  EXPECT_EQ(eval("('ab'):gsub('.', {a = '%1', b = false})"), "%1b|2");
  EXPECT_EQ(eval("('ab'):gsub('.', function(c) return c == 'a' and '%0' or nil end)"), "%0b|2");
  EXPECT_EQ(eval("('aaa'):gsub('a', 'b', 2)"), "bba|2");
  EXPECT_EQ(eval("('a'):gsub('a', 5)"), "5|1");
  EXPECT_EQ(run("return ('a'):gsub('a', '%2')"), "error: app:test:1: invalid capture index %2");
}

TEST_F(SandboxTest, UnicodeCase) {
  EXPECT_EQ(eval("('straße éà ПРИВЕТ ω'):upper()"), "STRAßE ÉÀ ПРИВЕТ Ω");
  EXPECT_EQ(eval("('ÄÖÜ ÇA ΣΔ Привет'):lower()"), "äöü ça σδ привет");
  EXPECT_EQ(
      eval("('abc'):upper(), ('ABC'):lower(), ('\\255\\200a'):upper() == '\\255\\200A', ('日本'):upper()"),
      "ABC|abc|true|日本");
}

TEST_F(SandboxTest, ErrorsAreStringArguments) {
  define_error("e", "disk full");
  EXPECT_EQ(eval("string.find(e, 'full'), string.upper(e), string.len(e), string.sub(e, 1, 4), "
                 "string.match(e, '%a+')"),
            "6|DISK FULL|9|disk|disk");
  EXPECT_EQ(
      eval("(string.gsub(e, 'full', 'empty')), (string.gsub('x', 'x', e)), string.find('a disk full b', e)"),
      "disk empty|disk full|3|11");
  EXPECT_EQ(eval("string.format('%s: %5.4s|%d', e, e, e), string.format(e)"),
            "disk full:  disk|%!d(string=disk full)|disk full");
}

TEST_F(SandboxTest, Format) {
  EXPECT_EQ(eval("string.format('%d %i %5d|%-5d|%05d %+d %x %X %o %#x %c%%', 1, 2, 3, 4, 5, 6, 255, 255, 8, "
                 "255, 65)"),
            "1 2     3|4    |00005 +6 ff FF 10 0xff A%");
  EXPECT_EQ(eval("string.format('%s|%10s|%-10s|%.2s|%5.1s|', 'abc', 'abc', 'abc', 'abc', 'abc')"),
            "abc|       abc|abc       |ab|    a|");
  EXPECT_EQ(eval("string.format('%.2f %8.3f %e %E %G %5.1f', 3.14159, 2.5, 12345.678, 0.5, 0.5, '2.25')"),
            "3.14    2.500 1.234568e+04 5.000000E-01 0.5   2.2");
  EXPECT_EQ(eval("string.format('%g %g %g %g %.3g %08g %+g', 0.1 + 0.2, 100000, 1234567.5, 0.00001, 3.14159, "
                 "-1.5, 2)"),
            "0.30000000000000004 100000 1.2345675e+06 1e-05 3.14 -00001.5 +2");
  EXPECT_EQ(eval("string.format('%q', 'a\"b\\\\c\\n\\0d')"), R"("a\"b\\c\n\000d")");
  EXPECT_EQ(eval("string.format('%x %X', 'az', 'az')"), "617a 617A");
  EXPECT_EQ(eval("string.format('%5s|%-3s|', 'é', 'é')"), "    é|é  |");
}

TEST_F(SandboxTest, FormatIsLenient) {
  EXPECT_EQ(eval("string.format('%d %i %x %c', 3.9, -3.9, 255.5, 65.7)"), "3 -3 ff A");
  EXPECT_EQ(eval("string.format('%d %d', '42', '7.9'), string.format('%d', 1e300):sub(1, 5)"), "42 7|10000");
  EXPECT_EQ(eval("string.format('%s %s %s %s', nil, true, 1.0, 0.1)"), "nil true 1 0.1");
  EXPECT_EQ(eval("string.format('x', 1, 2)"), "x");
  EXPECT_EQ(eval("string.format('%d'), string.format('%s %d', 'a')"), "%!d(MISSING)|a %!d(MISSING)");
  EXPECT_EQ(eval("string.format('%d', nil), string.format('%f', true), string.format('%d', 'abc'), "
                 "string.format('%d', {})"),
            "%!d(nil)|%!f(bool=true)|%!d(string=abc)|%!d(table)");
  EXPECT_EQ(eval("string.format('100%'), string.format('%y', 1), string.format('%'), string.format('%5')"),
            "100%!(NOVERB)|%!y(number=1)|%!(NOVERB)|%!(NOVERB)");
  EXPECT_EQ(eval("string.format('%d', 1/0), string.format('%f %g', 1/0, -1/0), string.format('%c', -5)"),
            "%!d(number=+Inf)|+Inf -Inf|%!c(number=-5)");
  EXPECT_EQ(eval("string.format('%s', {}):match('^table: ') ~= nil, #string.format('%99999999999d', 1)"),
            "true|4096");
  EXPECT_EQ(eval("string.format('%.99f', 1e300):len(), string.format('%.2000f', 0):len()"), "401|2002");
  EXPECT_EQ(run("string.format()"),
            "error: app:test:1: bad argument #1 to 'format' (string expected, got no value)");
}

// Whatever the text, format and gsub with a plain pattern only ever return.
TEST_F(SandboxTest, RandomFormatsAndReplacementsNeverRaise) {
  EXPECT_EQ(run(R"(
    local alphabet = '%%%%%%-+ #0123456789.disqxXoeEfgGcuvaApn*lL\0\n"\\\200\255abc'
    local values = {1, -1, 0.5, 1e300, 0/0, 1/0, -1/0, 'text', '', '12', '1.5', true, false, {}, print, math.mininteger,
      ('x'):rep(600), '\0\255'}
    local function text()
      local parts = {}
      for i = 1, math.random(0, 12) do
        local at = math.random(#alphabet)
        parts[i] = alphabet:sub(at, at)
      end
      return table.concat(parts)
    end
    for round = 1, 20000 do
      local format = text()
      local ok, result = pcall(string.format, format, values[math.random(#values)], nil, values[math.random(#values)])
      if not ok or type(result) ~= 'string' then return 'format', format, result end
      local replacement = text():gsub('%%[1-9]', '')
      ok, result = pcall(string.gsub, 'a b c', '%a', (replacement:gsub('%%%d', '')))
      if not ok and not result:find('invalid capture index', 1, true) then return 'gsub', replacement, result end
    end
    return 'ok')"),
            "ok");
}

}  // namespace
}  // namespace trivium::lua
