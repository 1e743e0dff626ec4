#include "core/base64.h"

#include <gtest/gtest.h>

namespace trivium::base64 {
namespace {

TEST(Base64, VectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode(bytes), text);
    EXPECT_EQ(decode(text), bytes);
  }
}

TEST(Base64, AllBytesSurvive) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i * 7);
  EXPECT_EQ(decode(encode(bytes)), bytes);
  EXPECT_EQ(encode("\xFB\xEF\xFF"), "++//");
}

TEST(Base64, LineEndsAreIgnored) { EXPECT_EQ(decode("Zm9v\r\nYm\nE=\r\n"), "fooba"); }

TEST(Base64, RefusesMalformedText) {
  for (const char* text : {"Zg", "Zg=", "Z", "Zg===", "====", "Z===", "Zm9v Yg==", "Zm9-", "Zm9_",
                           "=Zg=", "Zg==Zg==", "Zm\x80v"}) {
    EXPECT_EQ(decode(text), std::nullopt) << text;
  }
}

TEST(Base64, ForUrls) {
  EXPECT_EQ(encode_url("\xFB\xEF\xFF"), "--__");
  for (const std::string_view bytes : {"", "f", "fo", "foo", "\xFF\xFE"}) {
    EXPECT_EQ(encode_url(bytes).find('='), std::string::npos);
    EXPECT_EQ(decode_url(encode_url(bytes)), bytes);
  }
}

TEST(Base64, OneTextForUrlsMeansTheBytes) {
  for (const char* text : {"Zg==", "Zh", "Z", "++//", "Zm9v\n", "Zm 9", "Zm9v.", "Zg="}) {
    EXPECT_EQ(decode_url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace trivium::base64
