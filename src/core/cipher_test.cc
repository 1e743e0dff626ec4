#include "core/cipher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/digest.h"

namespace trivium {
namespace {

std::string bytes(std::string_view digits) {
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return out;
}

struct Vector {
  Cipher cipher;
  std::string key, nonce, plain, beside, ciphertext, tag;  // hexadecimal
};

const std::string gcm_nonce = "cafebabefacedbaddecaf888";
const std::string gcm_plain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const std::string gcm_beside = "feedfacedeadbeeffeedfacedeadbeefabaddad2";

const Vector vectors[] = {
    // The specification of GCM, test cases 1, 4, 10 and 16.
    {Cipher::aes_gcm, std::string(32, '0'), std::string(24, '0'), "", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {Cipher::aes_gcm, "feffe9928665731c6d6a8f9467308308", gcm_nonce, gcm_plain, gcm_beside,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {Cipher::aes_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c", gcm_nonce, gcm_plain, gcm_beside,
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
     "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
     "2519498e80f1478f37ba55bd6d27618c"},
    {Cipher::aes_gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", gcm_nonce,
     gcm_plain, gcm_beside,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    // RFC 8439, section 2.8.2.
    {Cipher::chacha20_poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647",
     hex("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
         "sunscreen would be it."),
     "50515253c0c1c2c3c4c5c6c7",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
     "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116",
     "1ae10b594f09e26a7e902ecbd0600691"},
};

Nonce nonce_of(const Vector& vector) {
  Nonce nonce;
  const std::string raw = bytes(vector.nonce);
  std::copy(raw.begin(), raw.end(), nonce.begin());
  return nonce;
}

std::string sealed_of(const Vector& vector) {
  return seal(vector.cipher, bytes(vector.key), nonce_of(vector), bytes(vector.plain), bytes(vector.beside))
      .value_or("failed");
}

TEST(Cipher, PublishedVectors) {
  for (const Vector& vector : vectors) {
    EXPECT_EQ(hex(sealed_of(vector)), vector.nonce + vector.ciphertext + vector.tag);
    EXPECT_EQ(open_sealed(vector.cipher, bytes(vector.key), sealed_of(vector), bytes(vector.beside)),
              bytes(vector.plain));
  }
}

TEST(Cipher, EveryChangeIsFoundOut) {
  for (const Vector& vector : vectors) {
    const std::string sealed = sealed_of(vector);
    const std::string key = bytes(vector.key);
    const std::string beside = bytes(vector.beside);
    const auto opened_kind = [&](std::string_view with, std::string_view what, std::string_view and_beside) {
      const Result<std::string> opened = open_sealed(vector.cipher, with, what, and_beside);
      return opened ? "opened" : opened.error().kind;
    };
    for (size_t i = 0; i < sealed.size(); ++i) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_EQ(opened_kind(key, changed, beside), kind::internal) << i;
    }
    EXPECT_EQ(opened_kind(key, sealed.substr(0, sealed.size() - 1), beside), kind::internal);
    EXPECT_EQ(opened_kind(key, sealed + "x", beside), kind::internal);
    EXPECT_EQ(opened_kind(key, sealed, beside + "x"), kind::internal);
    EXPECT_EQ(opened_kind(std::string(key.size(), 'k'), sealed, beside), kind::internal);
  }
}

TEST(Cipher, TooShortToBeSealed) {
  const std::string key(32, 'k');
  for (const Cipher cipher : {Cipher::aes_gcm, Cipher::chacha20_poly1305}) {
    EXPECT_EQ(open_sealed(cipher, key, std::string(11, 'x'), "").error().message,
              "data must be at least the 12 bytes of its nonce, got 11");
    EXPECT_EQ(open_sealed(cipher, key, "", "").error().kind, kind::invalid);
    EXPECT_EQ(open_sealed(cipher, key, std::string(12, 'x'), "").error().kind, kind::internal);
    EXPECT_EQ(open_sealed(cipher, key, std::string(27, 'x'), "").error().kind, kind::internal);
  }
}

TEST(Cipher, SizesOfKeys) {
  for (size_t size = 0; size <= 40; ++size) {
    const std::string key(size, 'k');
    EXPECT_EQ(check_key(Cipher::aes_gcm, key).has_value(), size == 16 || size == 24 || size == 32);
    EXPECT_EQ(check_key(Cipher::chacha20_poly1305, key).has_value(), size == 32);
  }
  EXPECT_EQ(seal(Cipher::aes_gcm, "0123456789", {}, "", "").error().message,
            "key must be 16, 24 or 32 bytes, got 10");
  EXPECT_EQ(open_sealed(Cipher::chacha20_poly1305, "", "", "").error().message,
            "key must be 32 bytes, got 0");
  EXPECT_EQ(seal(Cipher::chacha20_poly1305, "x", {}, "", "").error().kind, kind::invalid);
}

}  // namespace
}  // namespace trivium
