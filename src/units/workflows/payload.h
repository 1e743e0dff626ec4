// Values as histories keep them: a payload is {"encoding": …, "data": …}, where
// data is the JSON text of a json/plain value or base64 of a binary/plain one. What an application gets
// back is always decoded from a payload, the first time as on replay.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/value.h"
#include "core/wire.h"

namespace trivium::units::workflows {

// The JSON text of the next value; fails with kind Internal for mixed, sparse, cyclic and too deep tables.
Result<std::string> json_text(wire::Reader& in);

Value json_payload_text(std::string json);
Value json_payload(const Value& value);
Value binary_payload(std::string_view bytes);
Value null_payload();  // "no value"

// One payload a value.
Result<Array> payloads_of(const Values& values);
// The first value, or null_payload.
Result<Value> result_payload(const Values& values);

// Decoding; unknown encodings are Invalid: "unsupported temporal payload encoding: X".
Result<> append_payload(Values& values, const Value& payload);
// `payloads`: an array, or null for none.
Result<Values> values_of(const Value* payloads);
// The value of a json/plain payload as plain data; nil for anything else.
Value plain_of(const Value& payload);

std::string base64(std::string_view bytes);
std::string from_base64(std::string_view text);

}  // namespace trivium::units::workflows
