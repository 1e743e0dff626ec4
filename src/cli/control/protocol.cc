#include "cli/control/protocol.h"

#include "cli/json_text.h"
#include "core/json.h"

namespace trivium::cli {
namespace {

std::string line_of(const Value& value) {
  std::string text;
  append_json(text, value, JsonSpacing::none);
  return text + "\n";
}

std::string text_of(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

}  // namespace

std::string encode_request(const ControlRequest& request) {
  return line_of(Object{{"verb", request.verb}, {"arguments", request.arguments}});
}

std::string encode_reply(const Result<Value>& reply) {
  if (reply) return line_of(Object{{"ok", true}, {"result", *reply}});
  return line_of(Object{{"ok", false},
                        {"error", Object{{"kind", reply.error().kind}, {"message", reply.error().message}}}});
}

Result<ControlRequest> decode_request(std::string_view line) {
  const Result<Value> decoded = json::decode(line);
  if (!decoded) return fail(kind::invalid, "a request is a line of JSON: " + decoded.error().message);
  ControlRequest request{text_of(*decoded, "verb"), {}};
  if (request.verb.empty()) return fail(kind::invalid, R"(a request looks like {"verb":"ps"})");
  const Value* arguments = decoded->find("arguments");
  if (arguments == nullptr || arguments->is_nil()) return request;
  if (!arguments->is_object()) return fail(kind::invalid, "arguments must be an object");
  request.arguments = arguments->as_object();
  return request;
}

Result<Value> decode_reply(std::string_view line) {
  const Result<Value> decoded = json::decode(line);
  const Value* ok = decoded ? decoded->find("ok") : nullptr;
  if (ok == nullptr || !ok->is_bool()) return fail(kind::internal, "the runtime's answer makes no sense");
  if (ok->as_bool()) {
    const Value* result = decoded->find("result");
    return result != nullptr ? *result : Value();
  }
  const Value* error = decoded->find("error");
  if (error == nullptr) return fail(kind::internal, "the runtime refused without a reason");
  return fail(text_of(*error, "kind"), text_of(*error, "message"));
}

}  // namespace trivium::cli
