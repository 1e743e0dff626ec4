#include "modules/hash_module.h"

#include "modules/base64_module.h"
#include "modules/script_test_state.h"

namespace trivium::lua {
namespace {

class HashModule : public ScriptTest {
 protected:
  HashModule() {
    library("hash", open_hash);
    library("base64", open_base64);
  }
};

TEST_F(HashModule, Digests) {
  EXPECT_EQ(eval("hash.md5('abc')"), "900150983cd24fb0d6963f7d28e17f72 nil");
  EXPECT_EQ(eval("hash.sha1('abc')"), "a9993e364706816aba3e25717850c26c9cd0d89d nil");
  EXPECT_EQ(eval("hash.sha256('abc', false)"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad nil");
  EXPECT_EQ(eval("#hash.sha512('abc'), #hash.sha512('abc', true), #hash.md5('', 'yes')"), "128 64 32");
}

TEST_F(HashModule, AuthenticationCodesTakeDataFirst) {
  EXPECT_EQ(eval("hash.hmac_sha1('The quick brown fox jumps over the lazy dog', 'key')"),
            "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9 nil");
  EXPECT_EQ(eval("#hash.hmac_md5('a', 'b', true), #hash.hmac_sha256('a', 'b'), #hash.hmac_sha512('a', 'b')"),
            "16 64 128");
}

TEST_F(HashModule, Checksums) {
  EXPECT_EQ(eval("hash.fnv32('a'), hash.fnv64('') == 14695981039346656037.0"), "84696446 true");
  EXPECT_EQ(eval("math.type((hash.fnv32('')))"), "float");
}

TEST_F(HashModule, OnlyStringsAreHashed) {
  for (const std::string f :
       {"md5", "sha1", "sha256", "sha512", "hmac_md5", "hmac_sha512", "fnv32", "fnv64"}) {
    EXPECT_EQ(eval("hash." + f + "(5)"), "nil <Invalid: data must be a string>");
  }
  EXPECT_EQ(eval("hash.hmac_sha1('a')"), "nil <Invalid: secret must be a string>");
}

TEST_F(HashModule, Base64) {
  EXPECT_EQ(eval("base64.encode('fooba'), base64.decode('Zm9v\\nYmE='), base64.encode('') == ''"),
            "Zm9vYmE= fooba true");
  EXPECT_EQ(eval("base64.decode((base64.encode('\\0\\xff\\n'))) == '\\0\\xff\\n'"), "true");
  EXPECT_EQ(eval("base64.encode(5)"), "nil <Invalid: string expected>");
  EXPECT_EQ(eval("base64.decode()"), "nil <Invalid: string expected>");
  EXPECT_EQ(eval("base64.decode('Zg')"), "nil <Invalid: illegal base64 data>");
}

}  // namespace
}  // namespace trivium::lua
