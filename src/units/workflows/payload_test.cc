#include "units/workflows/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/json.h"
#include "units/payload_limit.h"
#include "units/workflows/failure.h"
#include "units/workflows/header.h"

namespace trivium::units::workflows {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// What a value becomes in a history and back, or the error.
std::string through(const Value& value) {
  const Result<Value> payload = result_payload(encode_values({value}));
  if (!payload) return payload.error().message;
  Values values;
  EXPECT_TRUE(append_payload(values, *payload));
  return json::encode(first_value(values)).value_or("?");
}

// The first value of hand-made wire bytes.
std::string text_of(const std::function<void(wire::Writer&)>& write) {
  std::string bytes;
  wire::Writer out(bytes);
  write(out);
  wire::Reader in(bytes);
  const Result<std::string> text = json_text(in);
  return text ? *text : text.error().message;
}

void table(wire::Writer& out, uint8_t flags, uint64_t count, uint32_t pairs) {
  out.byte(wire::table);
  out.byte(flags);
  out.varint(count);
  out.u32(pairs);
}

TEST(Payload, PlainDataSurvives) {
  EXPECT_EQ(through(Value()), "null");
  EXPECT_EQ(through(Value(42)), "42");
  EXPECT_EQ(through(Value(2.0)), "2");
  EXPECT_EQ(through(Value(0.1)), "0.1");
  EXPECT_EQ(through(Value(std::nan(""))), "null");
  EXPECT_EQ(through(Value("a\"b\n")), R"("a\"b\n")");
  EXPECT_EQ(through(Value("\xff")), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(through(Object{{"a", Array{1, "x", true}}, {"b", Object{}}}), R"({"a":[1,"x",true],"b":{}})");
}

TEST(Payload, TablesThatAreNoJsonAreRefused) {
  EXPECT_THAT(text_of([](wire::Writer& out) {
                table(out, 0, 1, 1);
                out.put_integer(1);
                out.put_string("k");
                out.put_integer(2);
              }),
              HasSubstr("cannot encode mixed-key table"));
  EXPECT_THAT(text_of([](wire::Writer& out) {
                table(out, 0, 2, 0);
                out.byte(wire::nil);
                out.put_integer(2);
              }),
              HasSubstr("cannot encode sparse array"));
  EXPECT_THAT(text_of([](wire::Writer& out) {
                table(out, 0, 0, 1);
                out.put_integer(3);
                out.put_integer(1);
              }),
              HasSubstr("cannot encode sparse array"));
  EXPECT_THAT(text_of([](wire::Writer& out) {
                out.byte(wire::with_refs);
                table(out, 0, 1, 0);
                out.byte(wire::ref);
                out.varint(0);
              }),
              HasSubstr("recursively nested"));
}

TEST(Payload, ASharedTableIsWrittenTwice) {
  EXPECT_EQ(text_of([](wire::Writer& out) {
              out.byte(wire::with_refs);
              table(out, 0, 2, 0);
              table(out, 0, 1, 0);
              out.put_integer(7);
              out.byte(wire::ref);
              out.varint(1);
            }),
            "[[7],[7]]");
}

// Forty tables, each twice in the one around it.
TEST(Payload, SharedTablesStopAtTheLimit) {
  constexpr int levels = 40;
  EXPECT_THAT(text_of([](wire::Writer& out) {
                out.byte(wire::with_refs);
                for (int i = 0; i < levels; ++i) table(out, 0, 2, 0);
                table(out, 0, 1, 0);
                out.put_integer(1);
                for (int i = levels; i > 0; --i) {
                  out.byte(wire::ref);
                  out.varint(static_cast<uint64_t>(i));
                }
              }),
              MatchesRegex("a payload of more than 2097[0-9]* bytes is larger than the limit of 2097152"));
}

TEST(Payload, ASharedTableIsAsDeepAsItsPlace) {
  // Deep, within something else that is deep.
  constexpr int half = 80;
  EXPECT_THAT(text_of([](wire::Writer& out) {
                out.byte(wire::with_refs);
                table(out, 0, 2, 0);
                for (int i = 1; i < half; ++i) table(out, 0, 1, 0);
                out.put_integer(1);
                for (int i = 1; i < half; ++i) table(out, 0, 1, 0);
                out.byte(wire::ref);
                out.varint(1);
              }),
              HasSubstr("exceeded maximum nesting depth"));
}

// A class: its metatable refers to itself, and one of its tables stands in the value too.
TEST(Payload, MetatablesAreNoPartOfTheText) {
  EXPECT_EQ(text_of([](wire::Writer& out) {
              out.byte(wire::with_refs);
              table(out, 0, 4, 0);
              table(out, wire::has_metatable, 1, 0);
              out.put_integer(7);
              table(out, 0, 0, 2);
              out.put_string("__index");
              out.byte(wire::ref);
              out.varint(2);
              out.put_string("shared");
              table(out, 0, 1, 0);
              out.put_string("x");
              out.byte(wire::ref);
              out.varint(3);
              out.byte(wire::ref);
              out.varint(1);
              table(out, 0, 1, 0);
              out.byte(wire::ref);
              out.varint(3);
            }),
            R"([[7],["x"],[7],[["x"]]])");
}

TEST(Payload, KeysBecomeText) {
  EXPECT_EQ(text_of([](wire::Writer& out) {
              table(out, 0, 0, 3);
              out.byte(wire::true_);
              out.put_integer(1);
              out.put_integer(-1);
              out.put_integer(2);
              out.put_number(1.5);
              out.put_integer(3);
            }),
            R"({"true":1,"-1":2,"1.5":3})");
}

TEST(Payload, ErrorsBecomeTheirText) {
  EXPECT_EQ(text_of([](wire::Writer& out) {
              Error error = Error::of("K", "message");
              error.context = "context";
              wire::put(out, error);
            }),
            "\"context: message\"");
}

TEST(Payload, BytesSurvive) {
  const std::vector<std::string> samples = {"", "a", std::string("\0\xff\x80", 3), std::string(100, '\xfe')};
  for (const std::string& bytes : samples) {
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    Values values;
    ASSERT_TRUE(append_payload(values, binary_payload(bytes)));
    EXPECT_EQ(first_value(values), Value(bytes));
  }
  EXPECT_EQ(base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST(Payload, UnknownEncodingsAreRefused) {
  Values values;
  const Result<> refused = append_payload(values, Object{{"encoding", "binary/protobuf"}, {"data", ""}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "unsupported temporal payload encoding: binary/protobuf");
}

// --- failures ---------------------------------------------------------------------------------------

TEST(Failure, AnErrorOfOursComesBackWhole) {
  Error error = Error::of("Custom", "text");
  error.details = Object{{"k", 1}};
  error.retryable = true;
  error.stack = "f.lua:10 in x";
  const Error back = error_of_failure(failure_of(error));
  EXPECT_EQ(back.kind, "Custom");
  EXPECT_EQ(back.message, "text");
  EXPECT_EQ(back.retryable, true);
  EXPECT_EQ(back.details, error.details);
  EXPECT_EQ(back.stack, error.stack);
}

TEST(Failure, OnlyAnExplicitNoIsFinal) {
  EXPECT_TRUE(failure_is_final(failure_of(Error::of("K", "m"))));
  EXPECT_FALSE(failure_is_final(failure_of(Error::unspecified("K", "m"))));
  EXPECT_EQ(failure_type(failure_of(Error::unspecified("", "m"))), "Internal");
}

TEST(Failure, WhatIsTooLargeIsCut) {
  Error error = Error::of("K", "begins" + std::string(3 << 20, '\x01'));
  error.details = Object{{"list", Array(400000, "text")}};
  error.stack = std::string(3 << 20, 's');
  const Object failure = failure_of(error);
  EXPECT_LT(json::encode(failure).value_or("").size(), size_t{4 << 20});
  const Error back = error_of_failure(failure);
  EXPECT_EQ(back.kind, "K");
  EXPECT_THAT(back.message, AllOf(StartsWith("begins"), EndsWith("... (cut, it had 3145734 bytes)")));
  EXPECT_THAT(back.stack, EndsWith("... (cut, it had 3145728 bytes)"));
  EXPECT_EQ(*back.details.find("cut"), Value("the details had 2800010 bytes, the limit is 1048576"));
  // Not within a character.
  const Object refused = application_failure("", std::string(131071, 'x') + "\u00e4\u00e4", false);
  EXPECT_THAT(refused.find("message")->as_string(), EndsWith("xx... (cut, it had 131075 bytes)"));
}

TEST(Failure, FailuresOfOthersAreMapped) {
  const Error unknown = error_of_failure(application_failure("SomethingElse", "m", true));
  EXPECT_EQ(unknown.kind, "");
  EXPECT_EQ(unknown.retryable, false);
  EXPECT_EQ(error_of_failure(application_failure("ActivityNotRegisteredError", "m", false)).kind,
            kind::not_found);
  EXPECT_EQ(error_of_failure(application_failure("RateLimited", "m", false)).kind, kind::rate_limited);
  EXPECT_EQ(error_of_failure(application_failure("PanicError", "m", false)).kind, kind::internal);
  EXPECT_EQ(error_of_failure(Object{{"canceled_failure_info", Object()}}).message, "operation canceled");
  EXPECT_EQ(error_of_failure(Object{{"terminated_failure_info", Object()}}).message, "workflow terminated");
  EXPECT_EQ(error_of_failure(Object{{"message", "odd"}}).retryable, std::nullopt);
}

TEST(Failure, ATimeoutNamesItselfUnlessAnAttemptFailedBefore) {
  Object timeout = timeout_failure("schedule_to_close", "too late");
  EXPECT_EQ(error_of_failure(timeout).kind, kind::timeout);
  EXPECT_EQ(*error_of_failure(timeout).details.find("timeout_type"), Value("schedule_to_close"));
  timeout.set("cause", failure_of(Error::unspecified("Broken", "the reason")));
  EXPECT_EQ(error_of_failure(timeout).message, "the reason");
  const Object wrapped{{"activity_failure_info", Object()},
                       {"cause", failure_of(Error::of("Broken", "inside"))}};
  EXPECT_EQ(error_of_failure(wrapped).message, "inside");
}

// --- headers ----------------------------------------------------------------------------------------

TEST(Header, CarriesPlainContextAndSecurity) {
  Frame frame;
  frame.values = Object{{"a", 1}, {"nested", Object{{"b", Array{true}}}}, {"odd", Object{{"c", Value()}}}};
  frame.actor = Actor{"ann", Object{{"role", "x"}}};
  frame.policies = Array{"app:p"};
  const FrameRef back = frame_of(&static_cast<const Value&>(Value(header_of(frame).value())));
  EXPECT_EQ(back->values, (Object{{"a", 1}, {"nested", Object{{"b", Array{true}}}}}));
  EXPECT_EQ(back->actor->id, "ann");
  EXPECT_EQ(back->policies, frame.policies);
  EXPECT_TRUE(header_of(Frame())->empty());
}

TEST(Header, IsNotLargerThanPayloadsMayBe) {
  Frame frame;
  frame.values = Object{{"a", std::string(max_payload_bytes, 'x')}};
  EXPECT_THAT(header_of(frame).error().message,
              StartsWith("the context is too large for a workflow: 2097160 bytes"));
  frame = {};
  frame.actor = Actor{"ann", Object{{"role", std::string(max_payload_bytes, 'x')}}};
  EXPECT_THAT(header_of(frame).error().message, StartsWith("the actor with its policies is too large"));
}

TEST(Header, TheSenderIsNoContext) {
  const Value header = signal_header(Frame(), "{app:host|0x00001}");
  EXPECT_EQ(sender_of(&header), "{app:host|0x00001}");
  EXPECT_TRUE(frame_of(&header)->values.empty());
}

}  // namespace
}  // namespace trivium::units::workflows
