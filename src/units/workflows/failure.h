// Errors as histories keep them: a Failure is an object of Temporal's shape, in
// which an error of ours travels as a chain among the details.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "core/value.h"

namespace trivium::units::workflows {

// {"errors":[{"msg":…,"kind":…,"retry":…,"details":…,"stack":[…]}]}
Value error_chain(const Error& error);
// Nothing of the right shape: an Internal error with the JSON text.
Error error_of_chain(const Value& chain);

// Long texts are cut, and large details replaced, with a note.
Object failure_of(const Error& error);
// A failure of the runtime's own, without a chain.
Object application_failure(std::string_view type, std::string_view message, bool non_retryable);
// `timeout_type`: "start_to_close", "schedule_to_start", "schedule_to_close", "heartbeat".
Object timeout_failure(std::string_view timeout_type, std::string_view message);
// With the failure of an earlier attempt, as JSON, for its cause; empty: there was none.
Object with_cause(Object failure, const std::string& earlier);

// The first match anywhere in the chain of causes, in the order of 9.2.
Error error_of_failure(const Value& failure);

// What retry policies look at: the application type, "Timeout", "Canceled" or "".
std::string_view failure_type(const Object& failure);
bool failure_is_final(const Object& failure);

}  // namespace trivium::units::workflows
