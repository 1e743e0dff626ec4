#include "core/uuid.h"

#include <gtest/gtest.h>

namespace trivium {
namespace {

constexpr auto dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
constexpr int64_t moment = 1700000000'123456789;

Uuid::Bytes all(uint8_t byte) {
  Uuid::Bytes bytes;
  bytes.fill(byte);
  return bytes;
}

TEST(Uuid, ParsesEveryForm) {
  const auto plain = Uuid::parse(dns);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->text(), dns);
  for (const char* form :
       {"6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", "URN:UUID:6ba7b810-9dad-11d1-80b4-00c04fd430C8",
        "6ba7b8109dad11d180b400c04fd430c8"}) {
    EXPECT_EQ(Uuid::parse(form), plain) << form;
  }
}

TEST(Uuid, RefusesEverythingElse) {
  for (const char* text :
       {"", "6ba7b810", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c88", "6ba7b810+9dad-11d1-80b4-00c04fd430c8",
        "(6ba7b810-9dad-11d1-80b4-00c04fd430c8)", "urn:uuix:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "{6ba7b8109dad11d180b400c04fd430c8}", "6ba7b81-09dad-11d1-80b4-00c04fd430c8",
        "6ba7b810-9dad-11d1-80b400c04fd430c8-", "6ba7b8109dad11d180b400c04fd430cz"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, Styles) {
  const Uuid id = *Uuid::parse(dns);
  EXPECT_EQ(id.text(Uuid::Style::standard), dns);
  EXPECT_EQ(id.text(Uuid::Style::simple), "6ba7b8109dad11d180b400c04fd430c8");
  EXPECT_EQ(id.text(Uuid::Style::urn), std::string("urn:uuid:") + dns);
}

TEST(Uuid, NameBased) {
  // The example of RFC 9562, appendix A.
  const Uuid space = *Uuid::parse(dns);
  EXPECT_EQ(Uuid::v3(space, "www.example.com")->text(), "5df41881-3aed-3515-88a7-2f4a814cf09e");
  EXPECT_EQ(Uuid::v5(space, "www.example.com")->text(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_EQ(Uuid::v5(space, "")->version(), 5);
  EXPECT_NE(*Uuid::v5(space, "a"), *Uuid::v5(space, "b"));
}

TEST(Uuid, RandomBitsAreKeptAroundVersionAndVariant) {
  EXPECT_EQ(Uuid::v4(all(0xFF)).text(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(Uuid::v4(all(0)).text(), "00000000-0000-4000-8000-000000000000");
}

TEST(Uuid, TimeBased) {
  const Uuid id = Uuid::v1(moment, 0xFFFF, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(id.version(), 1);
  EXPECT_EQ(id.variant(), "RFC4122");
  EXPECT_EQ(id.unix_seconds(), 1700000000);
  EXPECT_EQ(id.node(), std::string("\1\2\3\4\5\6"));
  EXPECT_EQ(id.text().substr(19, 4), "bfff");
  EXPECT_EQ(Uuid::parse("C232AB00-9414-11EC-B3C8-9F6BDECED846")->unix_seconds(), 1645557742)
      << "RFC 9562, A.1";
  EXPECT_EQ(Uuid::parse("00000000-0000-1000-8000-000000000000")->unix_seconds(), -12219292800);
}

TEST(Uuid, SortableByTime) {
  const Uuid id = Uuid::v7(moment, all(0xFF));
  EXPECT_EQ(id.version(), 7);
  EXPECT_EQ(id.variant(), "RFC4122");
  EXPECT_EQ(id.unix_seconds(), 1700000000);
  EXPECT_FALSE(id.node());
  EXPECT_LT(id.text(), Uuid::v7(moment + 1000, all(0)).text());
  EXPECT_LT(id.text(), Uuid::v7(moment + 1000000, all(0)).text());
  EXPECT_EQ(Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")->unix_seconds(), 1645557742)
      << "RFC 9562, A.6";
}

TEST(Uuid, Variants) {
  const auto variant = [](const char* digit) {
    return Uuid::parse(std::string("00000000-0000-4000-") + digit + "000-000000000000")->variant();
  };
  EXPECT_EQ(variant("0"), "Reserved");
  EXPECT_EQ(variant("7"), "Reserved");
  EXPECT_EQ(variant("8"), "RFC4122");
  EXPECT_EQ(variant("b"), "RFC4122");
  EXPECT_EQ(variant("c"), "Microsoft");
  EXPECT_EQ(variant("d"), "Microsoft");
  EXPECT_EQ(variant("e"), "Future");
}

}  // namespace
}  // namespace trivium
