#include "units/workflows/update.h"

#include <algorithm>
#include <utility>

#include "core/json.h"
#include "units/workflows/failure.h"
#include "units/workflows/instance.h"
#include "units/workflows/payload.h"
#include "units/workflows/replies.h"

namespace trivium::units::workflows {
namespace {

Object object_at(const Object& attributes, std::string_view name) {
  const Value* member = attributes.find(name);
  return member != nullptr && member->is_object() ? member->as_object() : Object();
}

// What the code says with its refusal or error: an error object, or anything else as text.
Object failure_from(const Values& values, std::string_view otherwise) {
  if (!values.empty()) {
    wire::Reader in(values.bytes);
    if (in.peek() == wire::error) {
      in.byte();
      return failure_of(wire::read_error(in));
    }
  }
  const Value said = first_value(values);
  std::string text(otherwise);
  if (said.is_string()) {
    text = said.as_string();
  } else if (!said.is_nil()) {
    text = json::encode(said).value_or(std::move(text));
  }
  return application_failure("", text, false);
}

lua::Reply refusal(std::string message) {
  return lua::Reply::failure(Error::of(kind::invalid, std::move(message)));
}

}  // namespace

Result<UpdateRequest> new_update(std::string id, std::string_view name, const Values& arguments) {
  Result<Array> args = payloads_of(arguments);
  if (!args) return fail(std::move(args.error()));
  UpdateRequest update;
  update.id = std::move(id);
  update.request = Object{{"meta", Object{{"update_id", update.id}}},
                          {"input", Object{{"name", name}, {"args", std::move(*args)}}}};
  return update;
}

Object admitted_attributes(const UpdateRequest& update) {
  Object attributes{{"update_id", update.id}, {"request", update.request}};
  if (update.slot != 0) attributes.set("answer_slot", update.slot);
  return attributes;
}

UpdateRequest update_of_admitted(const Object& attributes) {
  return {std::string(text_at(attributes, "update_id")), object_at(attributes, "request"),
          integer_at(attributes, "answer_slot"), 0};
}

UpdateRequest update_of_accepted(const Object& attributes) {
  return {std::string(text_at(attributes, "protocol_instance_id")), object_at(attributes, "accepted_request"),
          integer_at(attributes, "answer_slot"), integer_at(attributes, "delivery_order")};
}

UpdateAnswer answer_of_completed(const Object& attributes) {
  return {std::string(text_at(attributes, "protocol_instance_id")), integer_at(attributes, "answer_slot"),
          object_at(attributes, "outcome")};
}

lua::Reply reply_of_outcome(const Object& outcome) {
  if (const Value* failure = outcome.find("failure")) return lua::Reply::failure(failure_error(failure));
  return result_reply(outcome.find("success"));
}

Object outcome_of_error(const Error& error) { return Object{{"failure", failure_of(error)}}; }

// --- what an instance knows of its updates ------------------------------------------------------------

std::optional<lua::Message> Updates::take(UpdateRequest update) {
  const std::string name(text_at(update.request, "input.name"));
  Result<Values> arguments = values_of(value_at(update.request, "input.args"));
  Update& taken = updates_.emplace_back();
  taken.request = std::move(update);
  if (!arguments) {
    taken.state = State::refused;
    taken.failure = failure_of(arguments.error());
    return std::nullopt;
  }
  return lua::Message{name, "{update|" + taken.request.id + "}", std::move(*arguments)};
}

std::string_view Updates::name_of(State state) {
  switch (state) {
    case State::pending:
      return "pending";
    case State::accepted:
      return "accepted";
    case State::completed:
      return "completed";
    case State::refused:
      return "rejected";
  }
  return "";
}

lua::Reply Updates::answer(Instance& instance, std::string_view id, std::string_view verb,
                           const Values& values) {
  // Those of long ago are not asked for any more.
  const auto at = std::find_if(updates_.rbegin(), updates_.rend(),
                               [id](const Update& update) { return update.request.id == id; });
  if (at == updates_.rend()) return refusal("unknown update: " + std::string(id));
  const std::string state(name_of(at->state));
  if (verb == "ack" || verb == "nak") {
    if (at->state != State::pending) return refusal("update already " + state);
    if (verb == "ack") {
      accept(instance, *at);
    } else {
      at->state = State::refused;
      at->failure = failure_from(values, "update rejected");
    }
    return lua::Reply::of(true);
  }
  if (verb != "ok" && verb != "error") {
    return refusal("unknown update response: " + std::string(verb) + " (expected ack/nak/ok/error)");
  }
  if (at->state != State::accepted) return refusal("update not accepted (state: " + state + ")");
  if (verb == "error") {
    complete(instance, *at, Object{{"failure", failure_from(values, "update failed")}});
    return lua::Reply::of(true);
  }
  Result<Value> result = result_payload(values);
  if (!result) return lua::Reply::failure(std::move(result.error()));
  complete(instance, *at, Object{{"success", Array{std::move(*result)}}});
  return lua::Reply::of(true);
}

void Updates::accept(Instance& instance, Update& update) {
  update.state = State::accepted;
  update.accepted_event_id = instance.next_sequence();
  Object attributes{{"protocol_instance_id", update.request.id},
                    {"accepted_request_message_id", update.request.id + "/request"},
                    {"accepted_request_sequencing_event_id", instance.history_length() - 1},
                    {"accepted_request", update.request.request}};
  if (update.request.slot != 0) attributes.set("answer_slot", update.request.slot);
  if (update.request.order != 0) attributes.set("delivery_order", update.request.order);
  instance.emit({EventType::update_accepted, std::move(attributes), {}, nullptr});
}

void Updates::complete(Instance& instance, Update& update, Object outcome) {
  Object attributes{{"protocol_instance_id", update.request.id},
                    {"meta", Object{{"update_id", update.request.id}}},
                    {"accepted_event_id", update.accepted_event_id},
                    {"outcome", std::move(outcome)}};
  if (update.request.slot != 0) attributes.set("answer_slot", update.request.slot);
  instance.emit({EventType::update_completed, std::move(attributes), {}, nullptr});
  update.state = State::completed;
  update.request.request = {};
}

std::optional<UpdateAnswer> Updates::refused() const {
  for (const Update& update : updates_) {
    const UpdateRequest& request = update.request;
    if (update.state == State::refused) {
      return UpdateAnswer{request.id, request.slot, Object{{"failure", update.failure}}};
    }
    if (update.state != State::pending) continue;
    return UpdateAnswer{request.id, request.slot,
                        outcome_of_error(Error::of(
                            kind::not_found, "the workflow did not take up update " +
                                                 std::string(text_at(request.request, "input.name")) +
                                                 ": it has no handler for it, or the validator waits"))};
  }
  return std::nullopt;
}

}  // namespace trivium::units::workflows
