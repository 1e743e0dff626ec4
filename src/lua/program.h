// An entry ready to run: its own chunk and those of everything it imports, compiled once, with the
// modules they may use. Immutable and shared by all isolates that run the entry.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lua/sandbox/library.h"
#include "lua/state.h"

namespace trivium::lua {

// A native module: a library, or whatever `push` leaves on the stack (the logger is an object).
struct Module {
  const char* name;
  const Library* library;
  void (*push)(lua_State* L);
  bool workflow;  // may be listed by workflow entries
};

struct Chunk {
  std::string alias;       // name under which require finds the result; empty for the main chunk
  std::string id;          // entry id, the chunk name in messages
  std::string bytecode;
  // Binds the chunk's run-time types to the loaded function on top of the stack. Empty when it
  // declares none.
  std::function<void(lua_State*)> bind;
};

struct EntryProgram {
  std::string id;
  std::string method;                   // empty: the chunk itself is the entry function
  std::vector<Chunk> libraries;         // deepest first
  Chunk main;
  std::vector<const Module*> modules;   // own and transitive
};

using ProgramRef = std::shared_ptr<const EntryProgram>;

}  // namespace trivium::lua
