#include "core/jwt.h"

#include <gmock/gmock.h>

#include "core/base64.h"
#include "core/json.h"
#include "core/test_keys.h"

namespace trivium::jwt {
namespace {

using testing::HasSubstr;

constexpr int64_t second = 1'000'000'000;

// RFC 7515, appendix A.1.
constexpr std::string_view rfc_token =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr int64_t rfc_exp = 1300819380;
std::string rfc_key() {
  return *base64::decode_url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
}

std::string text_of(const Result<Object>& claims) {
  return claims ? *json::encode(*claims) : "<" + claims.error().kind + ": " + claims.error().message + ">";
}

// The parts of a token as JSON.
std::string part(const Result<std::string>& token, size_t index) {
  std::string_view rest = *token;
  for (; index > 0; --index) rest.remove_prefix(rest.find('.') + 1);
  return *base64::decode_url(rest.substr(0, rest.find('.')));
}

std::string token_of(std::string_view header, std::string_view payload, std::string_view signature = "") {
  return base64::encode_url(header) + "." + base64::encode_url(payload) + "." + std::string(signature);
}

std::string encoded(Object claims, Algorithm algorithm = Algorithm::hs256) {
  return encode(std::move(claims), "key", algorithm).value_or("failed");
}

std::string verified(std::string_view token, const Expectations& expected = {}) {
  return text_of(verify(token, "key", expected));
}

TEST(Jwt, TokenOfTheRfc) {
  EXPECT_EQ(text_of(verify(rfc_token, rfc_key(), {.now_ns = rfc_exp * second - 1'000'000})),
            R"({"iss":"joe","exp":1300819380,"http://example.com/is_root":true})");
  EXPECT_THAT(text_of(verify(rfc_token, rfc_key(), {.now_ns = rfc_exp * second})),
              HasSubstr("it has expired"));
  EXPECT_THAT(text_of(verify(rfc_token, "other", {})), HasSubstr("its signature does not fit"));
}

TEST(Jwt, KnownToken) {
  EXPECT_EQ(verify("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                   "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
                   "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
                   "your-256-bit-secret", {.require_exp = false})
                ->find("name")
                ->as_string(),
            "John Doe");
  // Signed by the openssl command.
  EXPECT_EQ(encode({{"sub", "ada"}}, test_keys::rsa_pkcs1, Algorithm::rs256),
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ."
            "TgnoYyMpyfXmRz71NUs6Hf02C0tn_quJokk31LVFN65M4yFGhU-2sfG6p5GJSajAcsaEMyM7lXXdqB-_9tQ1_jYYNtFfF_"
            "SFxbT7LLwHc-3-iXwmxNe7KrUkd9qvelczADWJjF-103NsJ-wXq4JX4SDpGxBhW4c77cKYkYJmJAE");
}

TEST(Jwt, WhatIsSignedCanBeVerified) {
  const Object claims{{"sub", "ada"}, {"exp", 100}, {"roles", Array{"a", Object{{"deep", Array{1, true}}}}}};
  for (const std::string name : {"HS256", "HS384", "HS512", "RS256"}) {
    const Algorithm algorithm = *algorithm_named(name);
    const bool rsa = algorithm == Algorithm::rs256;
    const Result<std::string> token = encode(claims, rsa ? test_keys::rsa_pkcs8 : "key", algorithm);
    EXPECT_EQ(part(token, 0), R"({"alg":")" + name + R"(","typ":"JWT"})");
    EXPECT_EQ(text_of(verify(*token, rsa ? test_keys::rsa_public : "key", {.algorithm = algorithm})),
              R"({"exp":100,"roles":["a",{"deep":[1,true]}],"sub":"ada"})");
  }
  EXPECT_EQ(algorithm_named("none"), std::nullopt);
  EXPECT_EQ(algorithm_named("hs256"), std::nullopt);
}

TEST(Jwt, EqualClaimsGiveEqualTokens) {
  EXPECT_EQ(encoded({{"a", 1}, {"b", Object{{"c", 2}, {"d", 3}}}}),
            encoded({{"b", Object{{"d", 3}, {"c", 2}}}, {"a", 1}}));
}

TEST(Jwt, NumbersAreFloats) {
  const Result<Object> claims =
      verify(encoded({{"exp", 5}, {"list", Array{1, Object{{"n", 2}}}}}), "key", {});
  EXPECT_TRUE(claims->find("exp")->is_double());
  EXPECT_TRUE(claims->find("list")->as_array()[0].is_double());
  EXPECT_TRUE(claims->find("list")->as_array()[1].find("n")->is_double());
}

TEST(Jwt, MoreInTheHeader) {
  const std::string token =
      encoded({{"sub", "ada"}, {"_header", Object{{"kid", "k1"}, {"typ", "at+jwt"}, {"alg", "none"}}}});
  EXPECT_EQ(part(token, 0), R"({"alg":"HS256","kid":"k1","typ":"at+jwt"})");
  EXPECT_EQ(part(token, 1), R"({"sub":"ada"})");
  EXPECT_EQ(part(encoded({{"_header", "text"}}), 1), R"({"_header":"text"})");
}

TEST(Jwt, TheAlgorithmIsNotTheTokensToChoose) {
  const Object claims{{"exp", 100}};
  EXPECT_EQ(verified(encoded(claims, Algorithm::hs512)),
            "<Internal: invalid token: it is signed with HS512, not with HS256>");
  EXPECT_THAT(verified(token_of(R"({"alg":"none"})", R"({"exp":100})")), HasSubstr("signed with none"));
  EXPECT_THAT(verified(token_of(R"({"typ":"JWT"})", R"({"exp":100})")), HasSubstr("does not say how"));
  EXPECT_THAT(verified(token_of(R"({"alg":1})", R"({"exp":100})")), HasSubstr("does not say how"));
  // A public key is no secret.
  const Result<std::string> forged = encode(claims, test_keys::rsa_public, Algorithm::hs256);
  EXPECT_THAT(text_of(verify(*forged, test_keys::rsa_public, {.algorithm = Algorithm::rs256})),
              HasSubstr("signed with HS256, not with RS256"));
}

TEST(Jwt, Times) {
  const auto at = [](double seconds) {
    return Expectations{.require_exp = false, .now_ns = static_cast<int64_t>(seconds * 1e9)};
  };
  const std::string expires = encoded({{"exp", 100.5}});
  EXPECT_EQ(verified(expires, at(100)), R"({"exp":100.5})");
  EXPECT_EQ(verified(expires, at(100.5)), "<Internal: invalid token: it has expired>");
  const std::string begins = encoded({{"nbf", 100}});
  EXPECT_EQ(verified(begins, at(99.9)), "<Internal: invalid token: it is not valid yet>");
  EXPECT_EQ(verified(begins, at(100)), R"({"nbf":100})");
  EXPECT_EQ(verified(begins), "<Internal: invalid token: it does not say when it expires (exp)>");
  EXPECT_THAT(verified(encoded({{"exp", Value()}})), HasSubstr("does not say when it expires"));
  EXPECT_EQ(verified(encoded({{"exp", "100"}})), "<Internal: invalid token: its exp is no number>");
  EXPECT_EQ(verified(encoded({{"nbf", true}}), at(0)), "<Internal: invalid token: its nbf is no number>");
}

TEST(Jwt, WhatIsNoToken) {
  const std::string token = encoded({{"exp", 100}});
  EXPECT_EQ(verified(token), R"({"exp":100})");
  for (const std::string& wrong :
       {std::string(), std::string("a"), std::string("a.b"), token + ".x", "." + token}) {
    EXPECT_EQ(verified(wrong), "<Internal: invalid token: it does not have three parts separated by dots>")
        << wrong;
  }
  EXPECT_THAT(verified("!.e30."), HasSubstr("its header is not base64url"));
  EXPECT_THAT(verified(token_of("[]", "{}")), HasSubstr("its header is no JSON object"));
  EXPECT_THAT(verified(token_of("{", "{}")), HasSubstr("its header is no JSON: "));
  EXPECT_THAT(verified(token + "="), HasSubstr("its signature is not base64url"));
  EXPECT_THAT(verified(token_of(R"({"alg":"HS256","crit":["x"]})", "{}")), HasSubstr("requires extensions"));
  EXPECT_THAT(verified(token_of(R"({"alg":"HS256"})", R"({"exp":100})")), HasSubstr("does not fit"));
  const size_t payload = token.find('.') + 1;
  EXPECT_THAT(verified(token.substr(0, payload) + "e30" + token.substr(token.rfind('.'))),
              HasSubstr("does not fit"));
}

TEST(Jwt, Keys) {
  EXPECT_EQ(encode({}, "", Algorithm::hs256).error().kind, kind::invalid);
  EXPECT_EQ(encode({}, "secret", Algorithm::rs256).error().kind, kind::invalid);
  EXPECT_EQ(text_of(verify(encoded({}), "", {})), "<Internal: key must not be empty>");
  const std::string token = *encode({}, test_keys::rsa_pkcs1, Algorithm::rs256);
  EXPECT_EQ(text_of(verify(token, "secret", {.algorithm = Algorithm::rs256})),
            "<Internal: key must be an RSA public key in PEM form>");
}

}  // namespace
}  // namespace trivium::jwt
