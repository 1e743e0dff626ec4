#include "modules/crypto_module.h"

#include <gmock/gmock.h>

#include "core/test_keys.h"
#include "modules/pure_modules.h"
#include "modules/unit_test_state.h"

namespace trivium::lua {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// What the published vectors are is tested beside core/digest.h, core/cipher.h and core/jwt.h.
class CryptoModule : public UnitTest {
 protected:
  CryptoModule() : UnitTest({&crypto_module, &hash_module}) {}

  // The texts of keys as Lua constants.
  static std::string with_keys(const std::string& body) {
    std::string text = "local private, public, secret = ";
    return text + quoted(test_keys::rsa_pkcs8) + ", " + quoted(test_keys::rsa_public) + ", 'secret' " + body;
  }

 private:
  static std::string quoted(std::string_view text) { return "[[" + std::string(text) + "]]"; }
};

TEST_F(CryptoModule, RandomBytes) {
  EXPECT_EQ(run("local bytes, err = crypto.random.bytes(16) return #bytes, err"), "16 nil");
  EXPECT_EQ(eval("#crypto.random.bytes(1), #crypto.random.bytes(1048576), #crypto.random.bytes(2.9)"),
            "1 1048576 2");
  EXPECT_EQ(eval("crypto.random.bytes(32) == crypto.random.bytes(32)"), "false");
  EXPECT_EQ(eval("crypto.random.bytes(0)"), "nil <Invalid: length must be from 1 to 1048576, got 0>");
  EXPECT_EQ(eval("crypto.random.bytes(1048577)"),
            "nil <Invalid: length must be from 1 to 1048576, got 1048577>");
  EXPECT_EQ(eval("select('#', crypto.random.bytes(-1))"), "2");
}

TEST_F(CryptoModule, RandomStrings) {
  EXPECT_THAT(eval("crypto.random.string(40)"), MatchesRegex("[A-Za-z0-9]+ nil"));
  EXPECT_EQ(eval("#crypto.random.string(1048576)"), "1048576");
  EXPECT_THAT(eval("crypto.random.string(20, 'ab')"), MatchesRegex("[ab]+ nil"));
  EXPECT_EQ(eval("crypto.random.string(3, 'x')"), "xxx nil");
  EXPECT_EQ(eval("crypto.random.string(3, '')"), "nil <Invalid: charset must not be empty>");
  EXPECT_EQ(eval("(crypto.random.string(2, '\\xff\\xff')) == '\\xff\\xff'"), "true");
  EXPECT_EQ(eval("crypto.random.string(-5)"), "nil <Invalid: length must be from 1 to 1048576, got -5>");
}

TEST_F(CryptoModule, RandomUuids) {
  EXPECT_THAT(eval("crypto.random.uuid()"),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} nil"));
}

TEST_F(CryptoModule, AuthenticationCodesTakeTheKeyFirst) {
  EXPECT_EQ(eval("crypto.hmac.sha256('Jefe', 'what do ya want for nothing?')"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843 nil");
  EXPECT_EQ(eval("crypto.hmac.sha512('k', 'd') == hash.hmac_sha512('d', 'k'), #crypto.hmac.sha512('k', '')"),
            "true 128");
  EXPECT_EQ(eval("crypto.hmac.sha256('', 'd')"), "nil <Invalid: key must not be empty>");
  EXPECT_EQ(eval("crypto.hmac.sha512('', 'd')"), "nil <Invalid: key must not be empty>");
}

TEST_F(CryptoModule, WhatIsEncryptedCanBeDecrypted) {
  for (const std::string cipher : {"aes", "chacha20"}) {
    const std::string prelude = "local e, d = crypto.encrypt." + cipher + ", crypto.decrypt." + cipher +
                                " local key, text = ('k'):rep(32), 'a\\0\\xff' ";
    EXPECT_EQ(run(prelude + "local sealed, err = e(text, key) return #sealed, err"), "31 nil");
    EXPECT_EQ(run(prelude + "local plain, err = d(e(text, key), key) return plain == text, err"), "true nil");
    EXPECT_EQ(run(prelude + "return d(e('', key, 'aad'), key, 'aad') == ''"), "true");
    EXPECT_EQ(run(prelude + "return e(text, key) == e(text, key)"), "false");
    EXPECT_EQ(run(prelude + "return d(e(text, key, 5), key, {}) == text"), "true");
    EXPECT_THAT(run(prelude + "return d(e(text, key, 'a'), key, 'b')"),
                HasSubstr("nil <Internal: message authentication failed"));
    EXPECT_THAT(run(prelude + "return d(e(text, key), ('x'):rep(32))"), HasSubstr("nil <Internal: message"));
    EXPECT_THAT(run(prelude + "return d(('x'):rep(20), key)"), HasSubstr("nil <Internal: message"));
    EXPECT_EQ(run(prelude + "return d('short', key)"),
              "nil <Invalid: data must be at least the 12 bytes of its nonce, got 5>");
    EXPECT_THAT(run(prelude + "return e(text, '0123456789')"), HasSubstr("32 bytes, got 10>"));
    EXPECT_THAT(run(prelude + "return d(text, '0123456789')"), HasSubstr("32 bytes, got 10>"));
  }
  EXPECT_EQ(eval("crypto.encrypt.aes('x', '0123456789')"),
            "nil <Invalid: key must be 16, 24 or 32 bytes, got 10>");
  EXPECT_EQ(eval("#crypto.encrypt.aes('x', ('k'):rep(16)), #crypto.encrypt.aes('x', ('k'):rep(24))"),
            "29 29");
  EXPECT_EQ(eval("crypto.encrypt.chacha20('x', ('k'):rep(16))"),
            "nil <Invalid: key must be 32 bytes, got 16>");
}

TEST_F(CryptoModule, TokensThereAndBack) {
  const std::string claims = "{sub = 'ada', n = 2, exp = 4e9, roles = {'a', 'b'}, none = {}}";
  EXPECT_EQ(run(with_keys("for _, alg in ipairs({'HS256', 'HS384', 'HS512'}) do "
                          "local c, err = crypto.jwt.verify(crypto.jwt.encode(" +
                          claims +
                          ", secret, alg), secret, alg) "
                          "assert(c.sub == 'ada' and c.roles[2] == 'b' and err == nil) "
                          "assert(math.type(c.n) == 'float' and next(c.none) == nil) end return 'well'")),
            "well");
  EXPECT_EQ(run(with_keys("return crypto.jwt.verify(crypto.jwt.encode(" + claims +
                          ", private, 'RS256'), public, 'RS256').sub")),
            "ada");
  EXPECT_EQ(eval("crypto.jwt.encode({sub = 'ada', _header = {kid = 'k'}}, 'secret', 'unheard of')"),
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJhZGEifQ."
            "JHGJnt1mjG_lSWGvYi1myQJhAHgvBjXjUcrDniO274E nil");
}

TEST_F(CryptoModule, TokensThatAreRefused) {
  const auto verified = [this](const std::string& arguments) {
    return run(
        with_keys("local token = crypto.jwt.encode({sub = 'ada', exp = 4e9}, secret) "
                  "local old = crypto.jwt.encode({exp = 1}, secret) "
                  "local early = crypto.jwt.encode({nbf = 4e9}, secret) "
                  "local endless = crypto.jwt.encode({sub = 'ada'}, secret) "
                  "return crypto.jwt.verify(" +
                  arguments + ")"));
  };
  EXPECT_THAT(verified("token, secret"), HasSubstr("table"));
  EXPECT_THAT(verified("token, 'other'"),
              HasSubstr("nil <Internal: invalid token: its signature does not fit"));
  EXPECT_EQ(verified("token, secret, 'HS512'"),
            "nil <Internal: invalid token: it is signed with HS256, not with HS512>");
  EXPECT_EQ(verified("token, secret, 'none'"),
            "nil <Internal: algorithm must be HS256, HS384, HS512 or RS256, got none>");
  EXPECT_EQ(verified("token, public, 'RS256'"),
            "nil <Internal: invalid token: it is signed with HS256, not with RS256>");
  EXPECT_EQ(verified("old, secret"), "nil <Internal: invalid token: it has expired>");
  EXPECT_EQ(verified("old, secret, nil, false"), "nil <Internal: invalid token: it has expired>");
  EXPECT_EQ(verified("early, secret, 'HS256', false"), "nil <Internal: invalid token: it is not valid yet>");
  EXPECT_EQ(verified("endless, secret"),
            "nil <Internal: invalid token: it does not say when it expires (exp)>");
  EXPECT_THAT(verified("endless, secret, 'HS256', false"), HasSubstr("table"));
  EXPECT_THAT(verified("'', secret"), HasSubstr("nil <Internal: invalid token"));
  EXPECT_THAT(verified("crypto.jwt.encode({}, private, 'RS256'), 'no key', 'RS256'"),
              HasSubstr("nil <Internal: key must be an RSA public key"));
}

TEST_F(CryptoModule, ClaimsThatCannotBeSigned) {
  EXPECT_EQ(eval("crypto.jwt.encode({1, 2}, 'k')"),
            "nil <Invalid: claims must be a table with names, not a list>");
  EXPECT_THAT(eval("crypto.jwt.encode({'x', sub = 'ada'}, 'k')"), HasSubstr("nil <Invalid: claims must be"));
  EXPECT_EQ(eval("crypto.jwt.encode({}, '')"), "nil <Invalid: key must not be empty>");
  EXPECT_THAT(eval("crypto.jwt.encode({}, 'k', 'RS256')"),
              HasSubstr("nil <Invalid: key must be an RSA private"));
  EXPECT_THAT(run("local t = {} t.t = t return crypto.jwt.encode(t, 'k')"), HasSubstr("nil <Internal: "));
}

TEST_F(CryptoModule, KeysOfPasswords) {
  EXPECT_EQ(run("local key, err = crypto.pbkdf2('passwd', 'salt', 1, 4) "
                "return key == '\\x55\\xac\\x04\\x6e', err"),
            "true nil");
  EXPECT_EQ(eval("crypto.pbkdf2('password', 'salt', 2, 4, 'sha512') == '\\xe1\\xd9\\xc1\\x6a'"), "true");
  EXPECT_EQ(eval("#crypto.pbkdf2('p', 's', 1, 1024)"), "1024");
  const auto refused = [this](const std::string& arguments) {
    return eval("crypto.pbkdf2(" + arguments + ")");
  };
  EXPECT_EQ(refused("'', 's', 1, 1"), "nil <Invalid: password must not be empty>");
  EXPECT_EQ(refused("'p', '', 1, 1"), "nil <Invalid: salt must not be empty>");
  EXPECT_EQ(refused("'p', 's', 0, 1"), "nil <Invalid: iterations must be from 1 to 10000000, got 0>");
  EXPECT_EQ(refused("'p', 's', 10000001, 1"),
            "nil <Invalid: iterations must be from 1 to 10000000, got 10000001>");
  EXPECT_EQ(refused("'p', 's', 1, 0"), "nil <Invalid: key length must be from 1 to 1024, got 0>");
  EXPECT_EQ(refused("'p', 's', 1, 1025"), "nil <Invalid: key length must be from 1 to 1024, got 1025>");
  EXPECT_EQ(refused("'p', 's', 1, 1, 'md5'"), "nil <Invalid: hash must be sha256 or sha512, got md5>");
}

TEST_F(CryptoModule, ALongDerivationGivesTheSameWhereItCannotWait) {
  EXPECT_EQ(run("local derived = crypto.pbkdf2('Password', 'NaCl', 80000, 4) "
                "local inside table.sort({1, 2}, function() inside = crypto.pbkdf2('Password', 'NaCl', "
                "80000, 4) end) "
                "return derived == '\\x4d\\xdc\\xd8\\xf6', inside == derived"),
            "true true");
}

TEST_F(CryptoModule, OthersRunDuringALongDerivation) {
  EXPECT_EQ(
      run("local order = {} "
          "coroutine.spawn(function() crypto.pbkdf2('p', 's', 100000, 32) order[#order + 1] = 'derived' end) "
          "order[#order + 1] = 'main' return table.concat(order, ' ')"),
      "main");
}

TEST_F(CryptoModule, Comparison) {
  EXPECT_EQ(eval("crypto.constant_time_compare('a\\0b', 'a\\0b')"), "true");
  EXPECT_EQ(eval("crypto.constant_time_compare('a\\0b', 'a\\0c')"), "false");
  EXPECT_EQ(eval("crypto.constant_time_compare('a', 'aa'), crypto.constant_time_compare('', '')"),
            "false true");
}

TEST_F(CryptoModule, OtherTypesRaise) {
  for (const std::string call : {"crypto.random.bytes()",
                                 "crypto.random.bytes('x')",
                                 "crypto.random.string({})",
                                 "crypto.random.string(5, 5)",
                                 "crypto.hmac.sha256('k')",
                                 "crypto.hmac.sha512(nil, 'd')",
                                 "crypto.encrypt.aes(nil, ('k'):rep(32))",
                                 "crypto.encrypt.chacha20('x')",
                                 "crypto.decrypt.aes('x', {})",
                                 "crypto.decrypt.chacha20(true, 'k')",
                                 "crypto.jwt.encode('x', 'k')",
                                 "crypto.jwt.encode({}, nil)",
                                 "crypto.jwt.encode({}, 'k', 5)",
                                 "crypto.jwt.verify(nil, 'k')",
                                 "crypto.jwt.verify('t')",
                                 "crypto.jwt.verify('t', 'k', 'HS256', 'no')",
                                 "crypto.pbkdf2('p', nil, 1, 1)",
                                 "crypto.pbkdf2('p', 's', 'many', 1)",
                                 "crypto.pbkdf2('p', 's', 1, 1, {})",
                                 "crypto.constant_time_compare('a')",
                                 "crypto.constant_time_compare(nil, 'a')"}) {
    EXPECT_THAT(eval(call), HasSubstr("raised: ")) << call;
    EXPECT_THAT(eval(call), HasSubstr("bad argument #")) << call;
  }
  EXPECT_EQ(eval("crypto.hmac.sha256(5, 7) == crypto.hmac.sha256('5', '7')"), "true");
}

TEST_F(CryptoModule, CannotBeChanged) {
  for (const std::string table : {"", ".random", ".hmac", ".encrypt", ".decrypt", ".jwt"}) {
    EXPECT_THAT(eval("pcall(function() crypto" + table + ".more = 1 end)"),
                HasSubstr("attempt to modify Immutable table"));
  }
}

}  // namespace
}  // namespace trivium::lua
