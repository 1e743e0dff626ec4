// Authenticated encryption: whoever changes a byte of what was sealed, or of the data that goes with it, is
// found out when it is opened.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

// AES-GCM of 128, 192 or 256 bits, by the size of the key; ChaCha20-Poly1305.
enum class Cipher { aes_gcm, chacha20_poly1305 };

inline constexpr size_t nonce_size = 12;
inline constexpr size_t tag_size = 16;
using Nonce = std::array<uint8_t, nonce_size>;

// Kind Invalid, with the sizes a key can have.
Result<> check_key(Cipher cipher, std::string_view key);

// nonce ‖ ciphertext ‖ tag. `data_beside` is authenticated, not encrypted, and not in the result. No nonce
// may be used twice with one key. Fails with kind Invalid for the size of the key.
Result<std::string> seal(Cipher cipher, std::string_view key, const Nonce& nonce, std::string_view plain,
                         std::string_view data_beside);

// What was sealed. Fails with kind Invalid for the size of the key and for less than a nonce, with kind
// Internal when anything was changed.
Result<std::string> open_sealed(Cipher cipher, std::string_view key, std::string_view sealed,
                                std::string_view data_beside);

}  // namespace trivium
