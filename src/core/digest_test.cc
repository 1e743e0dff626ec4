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

TEST(Digest, MessageAuthenticationCodesOfTheRfc) {
  const std::string first_key(20, '\x0b');  // RFC 4231, cases 1 and 2
  EXPECT_EQ(hex(*hmac(Digest::sha256, "Hi There", first_key)),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(
      hex(*hmac(Digest::sha384, "Hi There", first_key)),
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6");
  EXPECT_EQ(hex(*hmac(Digest::sha512, "Hi There", first_key)),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_EQ(hex(*hmac(Digest::sha256, "what do ya want for nothing?", "Jefe")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, CodesAreComparedWhole) {
  EXPECT_TRUE(same_code("", ""));
  EXPECT_TRUE(same_code(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(same_code(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(same_code("ab", "abc"));
}

TEST(Digest, KeysOfPasswords) {
  // RFC 7914, section 11.
  EXPECT_EQ(hex(*derive_key(Digest::sha256, "passwd", "salt", 1, 64)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  EXPECT_EQ(hex(*derive_key(Digest::sha256, "Password", "NaCl", 80000, 64)),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
  EXPECT_EQ(hex(*derive_key(Digest::sha512, "password", "salt", 2, 64)),
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
            "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e");
  EXPECT_EQ(derive_key(Digest::sha512, "p", "s", 1, 3)->size(), 3u);
}

TEST(Digest, FnvMultipliesFirst) {
  EXPECT_EQ(fnv32(""), 0x811c9dc5u);
  EXPECT_EQ(fnv32("a"), 0x050c5d7eu);
  EXPECT_EQ(fnv64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv64("a"), 0xaf63bd4c8601b7beu);
}

}  // namespace
}  // namespace trivium
