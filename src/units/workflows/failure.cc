#include "units/workflows/failure.h"

#include <array>
#include <functional>

#include "core/json.h"
#include "units/workflows/event.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

constexpr std::array<std::string_view, 10> kinds = {
    kind::not_found, kind::already_exists, kind::invalid,  kind::permission_denied, kind::unavailable,
    kind::internal,  kind::canceled,       kind::conflict, kind::timeout,           kind::rate_limited};

constexpr std::array<std::string_view, 4> not_found_types = {
    "ActivityNotRegisteredError", "ActivityNotRegistered", "WorkflowNotRegisteredError",
    "NamespaceNotFoundError"};

std::string kind_of_type(std::string_view type) {
  for (const std::string_view known : kinds) {
    if (known == type) return std::string(type);
  }
  for (const std::string_view known : not_found_types) {
    if (known == type) return std::string(kind::not_found);
  }
  return {};
}

// What a history keeps of an error is cut rather than refused: no failure may be lost for its size. Together
// these stay below the limit of a payload, unless they are full of what JSON escapes.
constexpr size_t max_text_bytes = 128 << 10;
constexpr size_t max_details_bytes = 1 << 20;

std::string cut(std::string text) {
  if (text.size() <= max_text_bytes) return text;
  const std::string note = "... (cut, it had " + std::to_string(text.size()) + " bytes)";
  size_t kept = max_text_bytes;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xc0) == 0x80) --kept;  // within a character
  text.resize(kept);
  return text + note;
}

Value cut_details(const Value& details) {
  const size_t size = json::encode(details).value_or("").size();
  if (size <= max_details_bytes) return details;
  return Object{{"cut", "the details had " + std::to_string(size) + " bytes, the limit is " +
                            std::to_string(max_details_bytes)}};
}

// The first failure of the chain that has `info` and passes `test`.
const Object* find(const Value& failure, std::string_view info,
                   const std::function<bool(const Value&)>& test = nullptr) {
  for (const Value* at = &failure; at != nullptr && at->is_object(); at = at->find("cause")) {
    const Value* found = at->find(info);
    if (found != nullptr && found->is_object() && (!test || test(*found))) return &at->as_object();
  }
  return nullptr;
}

std::optional<Error> carried_chain(const Value& info) {
  const Value* details = info.find("details");
  if (details == nullptr || !details->is_array() || details->as_array().empty()) return std::nullopt;
  const Value chain = plain_of(details->as_array().front());
  const Value* errors = chain.find("errors");
  if (errors == nullptr || !errors->is_array() || errors->as_array().empty()) return std::nullopt;
  return error_of_chain(chain);
}

Error of_application(const Object& failure) {
  const std::string_view type = text_at(failure, "application_failure_info.type");
  const Value* final = value_at(failure, "application_failure_info.non_retryable");
  Error error = Error::of(kind_of_type(type), std::string(text_at(failure, "message")));
  error.retryable = !(final != nullptr && final->is_bool() && final->as_bool());
  return error;
}

}  // namespace

Value error_chain(const Error& error) {
  Object entry{{"msg", cut(error.context.empty() ? error.message : error.context + ": " + error.message)}};
  if (!error.kind.empty()) entry.set("kind", error.kind);
  if (error.retryable) entry.set("retry", *error.retryable);
  if (!error.details.is_nil()) entry.set("details", cut_details(error.details));
  if (!error.stack.empty()) entry.set("stack", Array{Value(cut(error.stack))});
  return Object{{"errors", Array{Value(std::move(entry))}}};
}

Error error_of_chain(const Value& chain) {
  const Value* errors = chain.find("errors");
  if (errors == nullptr || !errors->is_array() || errors->as_array().empty() ||
      !errors->as_array().front().is_object()) {
    return Error::unspecified(kind::internal, json::encode(chain).value_or(""));
  }
  const Object& entry = errors->as_array().front().as_object();
  Error error = Error::unspecified(text_at(entry, "kind"), std::string(text_at(entry, "msg")));
  if (const Value* retry = entry.find("retry"); retry != nullptr && retry->is_bool()) {
    error.retryable = retry->as_bool();
  }
  if (const Value* details = entry.find("details")) error.details = *details;
  if (const Value* stack = entry.find("stack"); stack != nullptr && stack->is_array()) {
    for (const Value& line : stack->as_array()) {
      if (!line.is_string()) continue;
      if (!error.stack.empty()) error.stack += '\n';
      error.stack += line.as_string();
    }
  }
  return error;
}

Object failure_of(const Error& error) {
  Object failure = application_failure(error.kind.empty() ? kind::internal : std::string_view(error.kind),
                                       error.message, error.retryable == false);
  failure["application_failure_info"].as_object().set("details", Array{json_payload(error_chain(error))});
  return failure;
}

Object application_failure(std::string_view type, std::string_view message, bool non_retryable) {
  return Object{{"message", cut(std::string(message))},
                {"source", "TriviumSDK"},
                {"application_failure_info", Object{{"type", type}, {"non_retryable", non_retryable}}}};
}

Object timeout_failure(std::string_view timeout_type, std::string_view message) {
  return Object{{"message", message},
                {"source", "TriviumSDK"},
                {"timeout_failure_info", Object{{"timeout_type", timeout_type}}}};
}

Object with_cause(Object failure, const std::string& earlier) {
  if (earlier.empty()) return failure;
  if (Value cause = json::decode(earlier).value_or(Value()); cause.is_object()) {
    failure.set("cause", std::move(cause));
  }
  return failure;
}

Error error_of_failure(const Value& failure) {
  std::optional<Error> chained;
  find(failure, "application_failure_info", [&](const Value& info) {
    chained = carried_chain(info);
    return chained.has_value();
  });
  if (chained) return std::move(*chained);
  const auto panic = [](const Value& info) { return text_at(info.as_object(), "type") == "PanicError"; };
  if (const Object* found =
          find(failure, "application_failure_info", [&](const Value& info) { return !panic(info); })) {
    return of_application(*found);
  }
  if (const Object* found = find(failure, "application_failure_info", panic)) {
    Error error = Error::of(kind::internal, std::string(text_at(*found, "message")));
    error.stack = text_at(*found, "stack_trace");
    return error;
  }
  if (find(failure, "canceled_failure_info") != nullptr) {
    return Error::of(kind::canceled, "operation canceled");
  }
  if (const Object* found = find(failure, "timeout_failure_info")) {
    Error error = Error::of(kind::timeout, std::string(text_at(*found, "message")));
    error.details = Object{{"timeout_type", text_at(*found, "timeout_failure_info.timeout_type")}};
    return error;
  }
  if (find(failure, "terminated_failure_info") != nullptr) {
    return Error::of(kind::canceled, "workflow terminated");
  }
  const Value* message = failure.find("message");
  return Error::unspecified(kind::internal,
                            message != nullptr && message->is_string() ? message->as_string() : "");
}

std::string_view failure_type(const Object& failure) {
  if (failure.find("application_failure_info") != nullptr) {
    return text_at(failure, "application_failure_info.type");
  }
  if (failure.find("timeout_failure_info") != nullptr) return kind::timeout;
  if (failure.find("canceled_failure_info") != nullptr) return kind::canceled;
  return {};
}

bool failure_is_final(const Object& failure) {
  const Value* final = value_at(failure, "application_failure_info.non_retryable");
  return failure.find("canceled_failure_info") != nullptr ||
         (final != nullptr && final->is_bool() && final->as_bool());
}

}  // namespace trivium::units::workflows
