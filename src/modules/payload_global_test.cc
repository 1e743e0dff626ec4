#include "modules/payload_global.h"

#include "modules/unit_test_state.h"

namespace trivium::lua {
namespace {

class PayloadGlobal : public UnitTest {
 protected:
  PayloadGlobal() : UnitTest({}) {}
};

TEST_F(PayloadGlobal, NamesTheFormats) {
  EXPECT_EQ(eval("payload.format.JSON, payload.format.YAML, payload.format.STRING, payload.format.LUA"),
            "json/plain yaml/plain text/plain lua/any");
  EXPECT_EQ(eval("payload.format.BYTES, payload.format.MSGPACK, payload.format.GOLANG, payload.format.ERROR"),
            "application/octet-stream application/msgpack golang/any golang/error");
}

TEST_F(PayloadGlobal, WrapsAnything) {
  EXPECT_EQ(eval("payload.new('x'):data()"), "x");
  EXPECT_EQ(eval("payload.new():get_format()"), "lua/any");
  EXPECT_EQ(run("local t = {} return payload.new(t):data() == t"), "true");
  EXPECT_EQ(eval("tostring(payload.new(1))"), "payload{format=lua/any}");
}

TEST_F(PayloadGlobal, ErrorsHaveTheirOwnFormat) {
  EXPECT_EQ(eval("payload.new(errors.new('boom')):get_format()"), "golang/error");
  EXPECT_EQ(eval("payload.new(errors.new('boom')):data()"), "nil <Internal: no transcoding path found>");
}

TEST_F(PayloadGlobal, Transcodes) {
  EXPECT_EQ(eval("payload.new({1, 2}):transcode(payload.format.JSON):get_format()"), "json/plain");
  EXPECT_EQ(eval("payload.new(5):transcode(payload.format.STRING):data()"), "5");
  EXPECT_EQ(eval("payload.new(5):transcode('x/y')"), "nil <Internal: no transcoding path found>");
}

}  // namespace
}  // namespace trivium::lua
