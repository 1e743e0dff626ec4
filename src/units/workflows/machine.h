// Things a workflow asks for and waits for. Each kind is a small state machine of its own (timer.cc,
// activity.cc, child.cc, external.cc) with its transitions in a table; this is what they share.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/value.h"
#include "units/workflows/event.h"

namespace trivium::units::workflows {

class Instance;

class Machine {
 public:
  virtual ~Machine() = default;
  // The history has the event that confirms the command.
  virtual void confirmed(const Event& event) = 0;
  // A later event about it: queues completions or messages in the instance. False: the event does not
  // fit the machine's state.
  virtual bool resolve(const Event& event, Instance& instance) = 0;
};

// A command of a workflow task: it becomes exactly one event, of type `event` and with these attributes.
struct WorkflowCommand {
  EventType event{};
  Object attributes;
  std::string summary;               // user metadata, plain text
  std::shared_ptr<Machine> machine;  // null when nothing comes later
  bool version = false;              // of workflow.version: not matched on replay
  bool local = false;                // an activity that may run before the task is committed
};

template <class State>
struct Transition {
  State from;
  EventType event;
  State to;
};

template <class State>
std::optional<State> next_state(std::span<const Transition<State>> table, State from, EventType event) {
  for (const Transition<State>& row : table) {
    if (row.from == from && row.event == event) return row.to;
  }
  return std::nullopt;
}

}  // namespace trivium::units::workflows
