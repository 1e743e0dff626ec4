// The tables within the crypto module, each in a file of its own.
#pragma once

#include "lua/sandbox/library.h"

namespace trivium::lua {

extern const Library crypto_random;   // crypto_random.cc
extern const Library crypto_encrypt;  // crypto_ciphers.cc
extern const Library crypto_decrypt;
extern const Library crypto_jwt;  // crypto_jwt.cc

}  // namespace trivium::lua
