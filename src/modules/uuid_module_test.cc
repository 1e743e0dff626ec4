#include "modules/uuid_module.h"

#include "modules/script_test_state.h"

namespace trivium::lua {
namespace {

class UuidModule : public ScriptTest {
 protected:
  UuidModule() {
    library("uuid", open_uuid);
    run("dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'");
  }
};

TEST_F(UuidModule, NameBased) {
  EXPECT_EQ(eval("uuid.v3(dns, 'www.example.com')"), "5df41881-3aed-3515-88a7-2f4a814cf09e nil");
  EXPECT_EQ(eval("uuid.v5(dns, 'www.example.com')"), "2ed6657d-e927-568b-95e1-2665a8aea6a2 nil");
  EXPECT_EQ(eval("uuid.v5('{' .. dns:upper() .. '}', 'www.example.com')"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2 nil");
}

TEST_F(UuidModule, NameBasedFailures) {
  for (const std::string f : {"uuid.v3", "uuid.v5"}) {
    EXPECT_EQ(eval(f + "()"), "nil <Invalid: namespace and name must be strings>");
    EXPECT_EQ(eval(f + "(dns, 5)"), "nil <Invalid: namespace and name must be strings>");
    EXPECT_EQ(eval(f + "({}, 'x')"), "nil <Invalid: namespace and name must be strings>");
    EXPECT_EQ(eval(f + "('dns', 'x')"), "nil <Invalid: invalid namespace UUID>");
  }
}

TEST_F(UuidModule, Validate) {
  EXPECT_EQ(eval("uuid.validate(dns)"), "true nil");
  EXPECT_EQ(eval("uuid.validate('urn:uuid:' .. dns)"), "true nil");
  EXPECT_EQ(eval("uuid.validate((dns:gsub('-', '')))"), "true nil");
  EXPECT_EQ(eval("uuid.validate('nope')"), "false nil");
  EXPECT_EQ(eval("uuid.validate(nil)"), "false nil");
  EXPECT_EQ(eval("uuid.validate(12)"), "false nil");
}

TEST_F(UuidModule, VersionAndVariant) {
  EXPECT_EQ(eval("uuid.version(dns)"), "1 nil");
  EXPECT_EQ(eval("uuid.version(uuid.v5(dns, 'x'))"), "5 nil");
  EXPECT_EQ(eval("uuid.version('x')"), "nil <Invalid: invalid UUID>");
  EXPECT_EQ(eval("uuid.version(1)"), "nil <Invalid: UUID must be a string>");
  EXPECT_EQ(eval("uuid.variant(dns)"), "RFC4122 nil");
  EXPECT_EQ(eval("uuid.variant('00000000-0000-4000-c000-000000000000')"), "Microsoft nil");
  EXPECT_EQ(eval("uuid.variant('')"), "nil <Invalid: invalid UUID>");
}

TEST_F(UuidModule, Parse) {
  EXPECT_EQ(run("local p, e = uuid.parse(dns) return p.version, p.variant, p.timestamp, #p.node, e"),
            "1 RFC4122 886630433 6 nil");
  EXPECT_EQ(run("local p = uuid.parse('017F22E2-79B0-7CC3-98C4-DC0C0C07398F') return p.version, p.timestamp, "
                "p.node"),
            "7 1645557742 nil");
  EXPECT_EQ(run("local p = uuid.parse(uuid.v3(dns, 'x')) return p.version, p.timestamp, p.node"),
            "3 nil nil");
  EXPECT_EQ(eval("uuid.parse('x')"), "nil <Invalid: invalid UUID>");
  EXPECT_EQ(eval("uuid.parse()"), "nil <Invalid: UUID must be a string>");
}

TEST_F(UuidModule, Format) {
  EXPECT_EQ(eval("uuid.format(dns:upper(), 'standard')"), "6ba7b810-9dad-11d1-80b4-00c04fd430c8 nil");
  EXPECT_EQ(eval("uuid.format(dns, 'simple')"), "6ba7b8109dad11d180b400c04fd430c8 nil");
  EXPECT_EQ(eval("uuid.format(dns, 'urn')"), "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8 nil");
  EXPECT_EQ(eval("uuid.format(dns, 'other')"), "nil <Invalid: unsupported format: other>");
  EXPECT_EQ(eval("uuid.format(dns)"), "nil <Invalid: format must be a string>");
  EXPECT_EQ(eval("uuid.format('x', 'urn')"), "nil <Invalid: invalid UUID>");
}

}  // namespace
}  // namespace trivium::lua
