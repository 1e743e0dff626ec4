#include "core/rsa.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "core/test_keys.h"

namespace trivium {
namespace {

TEST(Rsa, EachFormOfAKey) {
  const Result<std::string> signature = rsa_sign(test_keys::rsa_pkcs1, "data");
  ASSERT_TRUE(signature);
  EXPECT_EQ(rsa_sign(test_keys::rsa_pkcs8, "data"), *signature);
  EXPECT_EQ(rsa_verify(test_keys::rsa_public, "data", *signature), true);
  EXPECT_EQ(rsa_verify(test_keys::rsa_public_pkcs1, "data", *signature), true);
}

TEST(Rsa, OtherDataOrSignature) {
  std::string signature = *rsa_sign(test_keys::rsa_pkcs1, "data");
  EXPECT_EQ(rsa_verify(test_keys::rsa_public, "date", signature), false);
  EXPECT_EQ(rsa_verify(test_keys::rsa_public, "data", ""), false);
  EXPECT_EQ(rsa_verify(test_keys::rsa_public, "data", signature + "x"), false);
  signature[5] = static_cast<char>(signature[5] ^ 1);
  EXPECT_EQ(rsa_verify(test_keys::rsa_public, "data", signature), false);
}

TEST(Rsa, WhatIsNoKey) {
  for (const std::string_view pem : {std::string_view(""), std::string_view("secret"), test_keys::rsa_public,
                                     test_keys::elliptic, test_keys::rsa_with_passphrase}) {
    const Result<std::string> signature = rsa_sign(pem, "data");
    ASSERT_FALSE(signature) << pem;
    EXPECT_EQ(signature.error().kind, kind::invalid);
  }
  for (const std::string_view pem : {std::string_view(""), std::string_view("secret"), test_keys::elliptic,
                                     test_keys::rsa_pkcs1, test_keys::rsa_pkcs8}) {
    const Result<bool> verified = rsa_verify(pem, "data", "signature");
    ASSERT_FALSE(verified) << pem;
    EXPECT_EQ(verified.error().kind, kind::invalid);
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace trivium
