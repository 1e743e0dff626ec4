#include "core/digest.h"

#include <gtest/gtest.h>

namespace trivium {
namespace {

TEST(Digest, KnownValues) {
  EXPECT_EQ(hex(*digest(Digest::md5, "")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex(*digest(Digest::md5, "abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(*digest(Digest::sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(*digest(Digest::sha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(Digest::sha512, "abc")->size(), 64u);
  EXPECT_EQ(hex(*digest(Digest::sha512, "abc")).substr(0, 16), "ddaf35a193617aba");
}

TEST(Digest, MessageAuthenticationCodes) {
  const std::string_view text = "The quick brown fox jumps over the lazy dog";
  EXPECT_EQ(hex(*hmac(Digest::md5, text, "key")), "80070713463e7749b90c2dc24911e275");
  EXPECT_EQ(hex(*hmac(Digest::sha1, text, "key")), "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
  EXPECT_EQ(hex(*hmac(Digest::sha256, text, "key")),
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
  EXPECT_EQ(hmac(Digest::sha512, "", "")->size(), 64u);
}

TEST(Digest, FnvMultipliesFirst) {
  EXPECT_EQ(fnv32(""), 0x811c9dc5u);
  EXPECT_EQ(fnv32("a"), 0x050c5d7eu);
  EXPECT_EQ(fnv64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv64("a"), 0xaf63bd4c8601b7beu);
}

}  // namespace
}  // namespace trivium
