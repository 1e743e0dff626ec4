#include "units/workflows/header.h"

#include <algorithm>

#include "units/payload_limit.h"
#include "units/workflows/payload.h"

namespace trivium::units::workflows {
namespace {

constexpr std::string_view context_key = "wippy-context";
constexpr std::string_view security_key = "wippy-security";
constexpr std::string_view sender_key = "temporal.signal.from";

bool travels(const Value& value) {
  if (value.is_nil()) return false;
  if (value.is_array()) return std::all_of(value.as_array().begin(), value.as_array().end(), travels);
  if (!value.is_object()) return true;
  return std::all_of(value.as_object().begin(), value.as_object().end(),
                     [](const Object::Member& member) { return travels(member.second); });
}

Object context_of(const Frame& frame) {
  Object context;
  for (const auto& [key, value] : frame.values) {
    if (travels(value)) context.set(key, value);
  }
  return context;
}

void add_security(Object& header, const Frame& frame) {
  if (!frame.actor && !frame.policies) return;
  Object security;
  if (frame.actor) security.set("actor", Object{{"id", frame.actor->id}, {"meta", frame.actor->meta}});
  if (frame.policies) security.set("policies", *frame.policies);
  header.set(security_key, json_payload(std::move(security)));
}

Value decoded(const Value* header, std::string_view key) {
  const Value* payload = header != nullptr ? header->find(key) : nullptr;
  return payload != nullptr ? plain_of(*payload) : Value();
}

}  // namespace

Result<Object> header_of(const Frame& frame) {
  Object header;
  Object context = context_of(frame);
  if (!context.empty()) header.set(context_key, json_payload(std::move(context)));
  add_security(header, frame);
  for (const auto& [key, payload] : header) {
    const size_t bytes = payload.find("data")->as_string().size();
    if (bytes <= max_payload_bytes) continue;
    return fail(kind::invalid,
                std::string(key == context_key ? "the context" : "the actor with its policies") +
                    " is too large for a workflow: " + std::to_string(bytes) +
                    " bytes as JSON, the limit is " + std::to_string(max_payload_bytes));
  }
  return header;
}

Object signal_header(const Frame& frame, std::string_view from) {
  Object header;
  Object context = context_of(frame);
  if (!from.empty()) context.set(sender_key, from);
  if (!context.empty()) header.set(context_key, json_payload(std::move(context)));
  add_security(header, frame);
  return header;
}

FrameRef frame_of(const Value* header) {
  auto frame = std::make_shared<Frame>();
  if (Value context = decoded(header, context_key); context.is_object()) {
    frame->values = std::move(context.as_object());
    frame->values.erase(sender_key);
  }
  const Value security = decoded(header, security_key);
  if (const Value* actor = security.find("actor"); actor != nullptr && actor->is_object()) {
    frame->actor.emplace();
    if (const Value* id = actor->find("id"); id != nullptr && id->is_string()) {
      frame->actor->id = id->as_string();
    }
    if (const Value* meta = actor->find("meta"); meta != nullptr && meta->is_object()) {
      frame->actor->meta = meta->as_object();
    }
  }
  if (const Value* policies = security.find("policies"); policies != nullptr && policies->is_array()) {
    frame->policies = policies->as_array();
  }
  return frame;
}

std::string sender_of(const Value* header) {
  const Value context = decoded(header, context_key);
  const Value* sender = context.find(sender_key);
  return sender != nullptr && sender->is_string() ? sender->as_string() : std::string();
}

Frame merged(const Frame& frame, const CallSettings& settings) {
  Frame result = frame;
  if (settings.values) {
    for (const auto& [key, value] : *settings.values) result.values.set(key, value);
  }
  if (settings.actor) result.actor = settings.actor;
  if (settings.policies) result.policies = settings.policies;
  return result;
}

}  // namespace trivium::units::workflows
