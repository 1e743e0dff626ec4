// Outcomes of a workflow's commands, from the attributes of history events.
#pragma once

#include "lua/command.h"
#include "lua/message.h"
#include "units/workflows/event.h"

namespace trivium::units::workflows {

// The first payload of `result`; nothing when there is none.
lua::Reply result_reply(const Value* result);
Error failure_error(const Value* failure);
// How a child ended, from its closing event.
lua::Reply child_outcome(const Event& event);

void add_details(Error& error, const Object& details);
// "NonRetryableFailure" and the like; "Unspecified" when the event has none.
std::string_view retry_state(const Event& event);

// {kind="pid.exit", from, at, result={value, error}} for process.events().
lua::Message exit_event(const std::string& from, int64_t time_ns, const lua::Reply& outcome);
// {kind="pid.cancel", from="{|topology}", at=RFC 3339, reason}.
lua::Message cancel_event(int64_t time_ns, std::string_view reason);

}  // namespace trivium::units::workflows
