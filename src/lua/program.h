// An entry ready to run: its own chunk and those of everything it imports, compiled once, with the
// modules they may use. Immutable and shared by all isolates that run the entry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lua/program_image.h"
#include "lua/sandbox/module.h"
#include "lua/state.h"
#include "lua/types/type.h"

namespace trivium::lua {

struct Chunk {
  std::string alias;  // name under which require finds the result; empty for the main chunk
  std::string id;     // entry id, the chunk name in messages
  std::string bytecode;
  std::shared_ptr<const TypeSet> types;  // what it declares; null: nothing
};

struct EntryProgram {
  std::string id;
  std::string method;            // empty: the chunk itself is the entry function
  std::vector<Chunk> libraries;  // deepest first
  Chunk main;
  std::vector<const Module*> modules;  // own and transitive
  ProgramImage image;
};

using ProgramRef = std::shared_ptr<const EntryProgram>;

}  // namespace trivium::lua
