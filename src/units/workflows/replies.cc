#include "units/workflows/replies.h"

#include <ctime>

#include "units/workflows/failure.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

std::string rfc3339(int64_t time_ns) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1000000000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text, length);
  if (const int64_t rest = time_ns % 1000000000; rest > 0) {
    std::string digits = std::to_string(rest);
    digits.insert(0, 9 - digits.size(), '0');
    while (digits.back() == '0') digits.pop_back();
    out += "." + digits;
  }
  return out + "Z";
}

lua::Message event_message(std::string bytes) {
  lua::Message message;
  message.topic = lua::topic::events;
  message.values = Values{std::move(bytes), 1};
  return message;
}

}  // namespace

lua::Reply result_reply(const Value* result) {
  lua::Reply reply;
  if (result == nullptr || !result->is_array() || result->as_array().empty()) return reply;
  if (Result<> decoded = append_payload(reply.values, result->as_array().front()); !decoded) {
    return lua::Reply::failure(std::move(decoded.error()));
  }
  return reply;
}

Error failure_error(const Value* failure) {
  if (failure == nullptr) return Error::unspecified(kind::internal, "");
  return error_of_failure(*failure);
}

lua::Reply child_outcome(const Event& event) {
  switch (event.type) {
    case EventType::child_completed:
      return result_reply(event.attributes.find("result"));
    case EventType::child_failed:
      return lua::Reply::failure(failure_error(event.attributes.find("failure")));
    case EventType::child_timed_out: {
      Error error = Error::of(kind::timeout, "Child workflow timeout");
      error.details = Object{{"timeout_type", "start_to_close"}};
      return lua::Reply::failure(std::move(error));
    }
    case EventType::child_terminated:
      return lua::Reply::failure(Error::of(kind::canceled, "workflow terminated"));
    default:
      return lua::Reply::failure(Error::of(kind::canceled, "operation canceled"));
  }
}

void add_details(Error& error, const Object& details) {
  if (!error.details.is_object()) error.details = Object();
  for (const auto& [key, value] : details) error.details.as_object().set(key, value);
}

std::string_view retry_state(const Event& event) {
  const std::string_view state = text_at(event.attributes, "retry_state");
  return state.empty() ? "Unspecified" : state;
}

lua::Message exit_event(const std::string& from, int64_t time_ns, const lua::Reply& outcome) {
  std::string bytes;
  wire::Writer out(bytes);
  out.byte(wire::table);
  out.byte(wire::object_when_empty);
  out.varint(0);
  out.u32(4);
  out.put_string("kind");
  out.put_string("pid.exit");
  out.put_string("from");
  out.put_string(from);
  out.put_string("at");
  out.put_integer(time_ns / 1000000000);
  out.put_string("result");
  out.byte(wire::table);
  out.byte(wire::object_when_empty);
  out.varint(0);
  // A value that is nil is left out.
  const bool has_value = !outcome.values.empty() && outcome.values.bytes != std::string(1, wire::nil);
  out.u32(outcome.error || has_value ? 1 : 0);
  if (outcome.error) {
    out.put_string("error");
    wire::put(out, *outcome.error);
  } else if (has_value) {
    out.put_string("value");
    bytes += outcome.values.bytes;
  }
  return event_message(std::move(bytes));
}

lua::Message cancel_event(int64_t time_ns, std::string_view reason) {
  std::string bytes;
  wire::Writer out(bytes);
  wire::put(
      out,
      Value(Object{
          {"kind", "pid.cancel"}, {"from", "{|topology}"}, {"at", rfc3339(time_ns)}, {"reason", reason}}));
  return event_message(std::move(bytes));
}

}  // namespace trivium::units::workflows
