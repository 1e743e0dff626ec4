// JSON Web Tokens (RFC 7519): claims, signed (RFC 7515). Everything here is pure: the time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/value.h"

namespace trivium::jwt {

enum class Algorithm { hs256, hs384, hs512, rs256 };

// By its name in a token: "HS256".
std::optional<Algorithm> algorithm_named(std::string_view name);

// `key`: the secret of HS…, a PEM private key for RS256. The members of an object "_header" among the claims
// go into the header instead; what the signature is cannot be changed that way. Equal claims give equal
// tokens. Fails with kind Invalid for the key, Internal when the claims are no JSON or the key cannot sign.
Result<std::string> encode(Object claims, std::string_view key, Algorithm algorithm);

struct Expectations {
  // The token's must be the same: what signed a token is not for the token to say.
  Algorithm algorithm = Algorithm::hs256;
  bool require_exp = true;
  int64_t now_ns = 0;  // since the Unix epoch; exp lies after it, nbf does not
};

// The claims, their numbers as floats. `key`: as for encode, but a public key for RS256. Every failure has
// kind Internal.
Result<Object> verify(std::string_view token, std::string_view key, const Expectations& expected);

}  // namespace trivium::jwt
