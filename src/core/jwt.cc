#include "core/jwt.h"

#include <algorithm>

#include "core/base64.h"
#include "core/digest.h"
#include "core/json.h"
#include "core/rsa.h"

namespace trivium::jwt {
namespace {

struct Named {
  std::string_view name;
  Algorithm algorithm;
};
constexpr Named names[] = {{"HS256", Algorithm::hs256},
                           {"HS384", Algorithm::hs384},
                           {"HS512", Algorithm::hs512},
                           {"RS256", Algorithm::rs256}};

std::string name_of(Algorithm algorithm) {
  const auto* found = std::find_if(std::begin(names), std::end(names),
                                   [algorithm](const Named& named) { return named.algorithm == algorithm; });
  return std::string(found->name);
}

// Of those with a shared secret.
Digest digest_of(Algorithm algorithm) {
  if (algorithm == Algorithm::hs384) return Digest::sha384;
  return algorithm == Algorithm::hs512 ? Digest::sha512 : Digest::sha256;
}

// --- making -----------------------------------------------------------------------------------------

// Members of all objects by name, so that equal values have one text.
void sort_members(Value& value) {
  if (value.is_array()) {
    for (Value& element : value.as_array()) sort_members(element);
  } else if (value.is_object()) {
    Object& object = value.as_object();
    for (auto& member : object) sort_members(member.second);
    std::sort(object.begin(), object.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
}

Result<std::string> part_of(Object object) {
  Value value(std::move(object));
  sort_members(value);
  return json::encode(value).map([](const std::string& text) { return base64::encode_url(text); });
}

Result<std::string> sign(Algorithm algorithm, std::string_view key, std::string_view data) {
  if (algorithm == Algorithm::rs256) return rsa_sign(key, data);
  if (key.empty()) return fail(kind::invalid, "key must not be empty");
  return hmac(digest_of(algorithm), data, key);
}

// --- reading ----------------------------------------------------------------------------------------

tl::unexpected<Error> refuse(std::string why) {
  return fail(kind::internal, "invalid token: " + std::move(why));
}

Result<Object> object_in(std::string_view part, const std::string& what) {
  const auto text = base64::decode_url(part);
  if (!text) return refuse("its " + what + " is not base64url");
  Result<Value> value = json::decode(*text);
  if (!value) return refuse("its " + what + " is no JSON: " + value.error().message);
  if (!value->is_object()) return refuse("its " + what + " is no JSON object");
  return std::move(value->as_object());
}

Result<> check_header(const Object& header, Algorithm algorithm) {
  const Value* alg = header.find("alg");
  if (alg == nullptr || !alg->is_string()) return refuse("its header does not say how it is signed");
  if (alg->as_string() != name_of(algorithm)) {
    return refuse("it is signed with " + alg->as_string() + ", not with " + name_of(algorithm));
  }
  // Extensions that must be understood, of which there are none.
  if (header.find("crit") != nullptr) return refuse("its header requires extensions (crit)");
  return {};
}

Result<> check_signature(Algorithm algorithm, std::string_view key, std::string_view data,
                         std::string_view signature) {
  bool same = false;
  if (algorithm == Algorithm::rs256) {
    const Result<bool> verified = rsa_verify(key, data, signature);
    if (!verified) return fail(kind::internal, verified.error().message);
    same = *verified;
  } else {
    if (key.empty()) return fail(kind::internal, "key must not be empty");
    const Result<std::string> code = hmac(digest_of(algorithm), data, key);
    if (!code) return fail(code.error());
    same = same_code(*code, signature);
  }
  if (!same) return refuse("its signature does not fit: it was signed with another key, or changed");
  return {};
}

// Nothing: there is none. JSON's null is none either.
Result<std::optional<double>> time_in(const Object& claims, const std::string& name) {
  const Value* time = claims.find(name);
  if (time == nullptr || time->is_nil()) return std::optional<double>();
  if (!time->is_number()) return refuse("its " + name + " is no number");
  return std::optional<double>(time->number());
}

Result<> check_times(const Object& claims, const Expectations& expected) {
  const Result<std::optional<double>> exp = time_in(claims, "exp");
  if (!exp) return fail(exp.error());
  const Result<std::optional<double>> nbf = time_in(claims, "nbf");
  if (!nbf) return fail(nbf.error());
  const double now = static_cast<double>(expected.now_ns) / 1e9;
  if (!*exp && expected.require_exp) return refuse("it does not say when it expires (exp)");
  if (*exp && now >= **exp) return refuse("it has expired");
  if (*nbf && now < **nbf) return refuse("it is not valid yet");
  return {};
}

void make_floats(Value& value) {
  if (value.is_int()) {
    value = value.number();
  } else if (value.is_array()) {
    for (Value& element : value.as_array()) make_floats(element);
  } else if (value.is_object()) {
    for (auto& member : value.as_object()) make_floats(member.second);
  }
}

}  // namespace

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Named& named : names) {
    if (named.name == name) return named.algorithm;
  }
  return std::nullopt;
}

Result<std::string> encode(Object claims, std::string_view key, Algorithm algorithm) {
  Object header{{"typ", "JWT"}};
  if (Value* more = claims.find("_header"); more != nullptr && more->is_object()) {
    for (auto& [name, value] : more->as_object()) header.set(name, std::move(value));
    claims.erase("_header");
  }
  header.set("alg", name_of(algorithm));
  Result<std::string> first = part_of(std::move(header));
  if (!first) return first;
  Result<std::string> second = part_of(std::move(claims));
  if (!second) return second;
  std::string token = *first + "." + *second;
  Result<std::string> signature = sign(algorithm, key, token);
  if (!signature) return signature;
  return token + "." + base64::encode_url(*signature);
}

Result<Object> verify(std::string_view token, std::string_view key, const Expectations& expected) {
  const size_t first = token.find('.');
  const size_t second = token.find('.', first + 1);
  if (first == token.npos || second == token.npos || token.find('.', second + 1) != token.npos) {
    return refuse("it does not have three parts separated by dots");
  }
  const Result<Object> header = object_in(token.substr(0, first), "header");
  if (!header) return fail(header.error());
  if (auto fits = check_header(*header, expected.algorithm); !fits) return fail(fits.error());
  const auto signature = base64::decode_url(token.substr(second + 1));
  if (!signature) return refuse("its signature is not base64url");
  if (auto fits = check_signature(expected.algorithm, key, token.substr(0, second), *signature); !fits) {
    return fail(fits.error());
  }
  Result<Object> claims = object_in(token.substr(first + 1, second - first - 1), "payload");
  if (!claims) return claims;
  if (auto fits = check_times(*claims, expected); !fits) return fail(fits.error());
  for (auto& member : *claims) make_floats(member.second);
  return claims;
}

}  // namespace trivium::jwt
