// Updates: requests that a workflow answers. A request reaches the code as a message from {update|id}, and
// the code answers with process.send to that address: "ack" or "nak" in the task that delivered it, then
// "ok" or "error".
//
//   pending ── ack ──▶ accepted ── ok | error ──▶ completed
//      └────── nak, or the end of the task ──▶ refused
//
// Acceptance and completion are commands. A refusal leaves no trace: whoever runs the task throws it away and
// runs it again without the update, so that a history never depends on one that it does not have.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire.h"
#include "lua/command.h"
#include "lua/message.h"
#include "units/workflows/event.h"
#include "units/workflows/machine.h"

namespace trivium::units::workflows {

struct UpdateRequest {
  std::string id;
  Object request;     // {meta: {update_id}, input: {name, args}}, args being payloads
  int64_t slot = 0;   // the operation that waits for the answer outside of this runtime; 0: none
  int64_t order = 0;  // among those its task delivered
};

struct UpdateAnswer {
  std::string update_id;
  int64_t slot = 0;
  Object outcome;  // {success: payloads} or {failure: …}
};

Result<UpdateRequest> new_update(std::string id, std::string_view name, const Values& arguments);
// As an event without a number, and back.
Object admitted_attributes(const UpdateRequest& update);
UpdateRequest update_of_admitted(const Object& attributes);
UpdateRequest update_of_accepted(const Object& attributes);
// What WorkflowExecutionUpdateCompleted says.
UpdateAnswer answer_of_completed(const Object& attributes);
lua::Reply reply_of_outcome(const Object& outcome);
// {failure: …}
Object outcome_of_error(const Error& error);

// The updates of one instance.
class Updates {
 public:
  // Nothing when the arguments cannot be decoded: that refuses it.
  std::optional<lua::Message> take(UpdateRequest update);
  // An answer of the code, in its turn.
  lua::Reply answer(Instance& instance, std::string_view id, std::string_view verb, const Values& values);
  // At the end of a task: the first that was delivered and not accepted. What became of later ones may be its
  // doing.
  std::optional<UpdateAnswer> refused() const;

 private:
  enum class State { pending, accepted, completed, refused };
  struct Update {
    UpdateRequest request;
    State state = State::pending;
    int64_t accepted_event_id = 0;
    Object failure;  // once refused
  };
  static std::string_view name_of(State state);
  void accept(Instance& instance, Update& update);
  void complete(Instance& instance, Update& update, Object outcome);

  std::vector<Update> updates_;  // in the order of delivery
};

}  // namespace trivium::units::workflows
