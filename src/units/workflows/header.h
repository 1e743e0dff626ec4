// The caller's context as it travels in Header.fields.
#pragma once

#include "core/frame.h"
#include "core/value.h"
#include "units/commands/call.h"

namespace trivium::units::workflows {

// {"wippy-context": payload, "wippy-security": payload}; members that would be empty are absent. Invalid: one
// is larger than payloads may be.
Result<Object> header_of(const Frame& frame);
// The same plus the sender of a signal.
Object signal_header(const Frame& frame, std::string_view from);

FrameRef frame_of(const Value* header);
// PID text of a signal's sender; empty when the header has none.
std::string sender_of(const Value* header);

// The frame with what an executor or spawner set laid over it.
Frame merged(const Frame& frame, const CallSettings& settings);

}  // namespace trivium::units::workflows
