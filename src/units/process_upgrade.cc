// Other code for a process that goes on.
#include <utility>
#include <vector>

#include "units/node.h"
#include "units/process.h"

namespace trivium::units {

void Process::request_upgrade(std::string id, Values arguments) {
  upgrading_ = std::make_unique<Upgrading>(Upgrading{std::move(id), std::move(arguments)});
  isolate_->interrupt_now();
}

sched::Outcome Process::upgrade() {
  if (is_call()) {
    complete({});  // functions have no other incarnation
    return sched::Outcome::done;
  }
  if (Result<> done = load_upgrade(); !done) {
    complete({std::move(done.error()), {}});
    return sched::Outcome::done;
  }
  return sched::Outcome::again;
}

// New code under the same PID: relations, names, mailbox and context stay; everything the old code
// had in its isolate goes, except messages it had not taken.
Result<> Process::load_upgrade() {
  Upgrading upgrading = std::move(*std::exchange(upgrading_, nullptr));
  if (upgrading.id.empty()) upgrading.id = entry();
  auto program = node_.programs().find_process(upgrading.id);
  if (!program) {
    return trivium::fail(kind::internal, "upgrade: create failed: " + program.error().message);
  }
  std::vector<lua::Message> retained = isolate_->take_mailbox();
  release_resources();
  set_unit_options({});
  spec_.program = std::move(*program);
  spec_.arguments = std::move(upgrading.arguments);
  if (Result<> built = build_isolate(); !built) {
    return trivium::fail(kind::internal, "upgrade: init failed: " + built.error().message);
  }
  upgraded_ = true;
  begun_ = false;
  for (lua::Message& message : retained) isolate_->deliver(std::move(message));
  return {};
}

}  // namespace trivium::units
