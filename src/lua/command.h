// The one idea of the runtime: Lua code that needs anything from outside builds a command; the host
// that owns the isolate decides what it means and completes it with a reply.
#pragma once

#include <cstdint>
#include <memory>

#include "core/boxed.h"
#include "core/error.h"
#include "core/wire.h"

namespace trivium::lua {

class Isolate;

// Names an operation of one isolate that waits for its reply. Never reused within an isolate.
using OpId = uint64_t;

// What a command came to: either an error or values (possibly none).
struct Reply {
  Boxed<Error> error;
  Values values;

  static Reply of(Value value) {
    Reply reply;
    append(reply.values, value);
    return reply;
  }
  static Reply failure(Error error) { return Reply{std::move(error), {}}; }
};

// Something the isolate asks of its host. Each concrete command is declared beside what carries it
// out; its identity is the address of its CommandType.
struct CommandType {
  const char* name;  // as messages show it: "time.sleep", "process.send"
};

class Command {
 public:
  explicit Command(const CommandType& type) : type_(&type) {}
  virtual ~Command() = default;

  const CommandType& type() const { return *type_; }
  template <class C>
  C* as() {
    return type_ == &C::command_type ? static_cast<C*>(this) : nullptr;
  }

  // Moves the command to the heap, for hosts that carry it out later than they receive it.
  virtual std::unique_ptr<Command> detach() = 0;

 protected:
  Command(const Command&) = default;
  Command(Command&&) = default;
  Command& operator=(Command&&) = default;

 private:
  const CommandType* type_;
};

}  // namespace trivium::lua
