// Signatures of RSA with SHA-256 (RSASSA-PKCS1-v1_5, "RS256").
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

// `pem`: a private key, PKCS#1 or PKCS#8, without a passphrase. Fails with kind Invalid when it is none of
// these.
Result<std::string> rsa_sign(std::string_view pem, std::string_view data);

// `pem`: a public key, SubjectPublicKeyInfo or PKCS#1. False: the signature is of other data or by another
// key. Fails with kind Invalid when it is no such key.
Result<bool> rsa_verify(std::string_view pem, std::string_view data, std::string_view signature);

}  // namespace trivium
