// Hashes and message authentication codes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

enum class Digest { md5, sha1, sha256, sha512 };

// The raw bytes. Both fail with kind Internal when the system forbids the algorithm.
Result<std::string> digest(Digest algorithm, std::string_view data);
Result<std::string> hmac(Digest algorithm, std::string_view data, std::string_view secret);

// Fowler–Noll–Vo, version 1: multiply, then xor.
uint32_t fnv32(std::string_view data);
uint64_t fnv64(std::string_view data);

// Lower case hexadecimal digits.
std::string hex(std::string_view bytes);

}  // namespace trivium
