// Hashes and message authentication codes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

enum class Digest { md5, sha1, sha256, sha384, sha512 };

// The raw bytes. Both fail with kind Internal when the system forbids the algorithm.
Result<std::string> digest(Digest algorithm, std::string_view data);
Result<std::string> hmac(Digest algorithm, std::string_view data, std::string_view secret);

// Takes the same time whichever bytes differ, for codes that nobody may find out by trying. Lengths are no
// secret.
bool same_code(std::string_view a, std::string_view b);

// A key made of a password (PBKDF2, RFC 8018): every attempt to guess the password costs as much as
// `iterations` codes for each digest of `length`. Fails with kind Internal when the system forbids the
// algorithm, with kind Invalid when anything is 2 GiB long.
Result<std::string> derive_key(Digest algorithm, std::string_view password, std::string_view salt,
                               int iterations, size_t length);

// Fowler–Noll–Vo, version 1: multiply, then xor.
uint32_t fnv32(std::string_view data);
uint64_t fnv64(std::string_view data);

// Lower case hexadecimal digits.
std::string hex(std::string_view bytes);

}  // namespace trivium
