// Tables of host functions that cost next to nothing until they are used: a library is a constant
// description, and a field becomes a Lua value when it is first read.
#pragma once

#include <span>
#include <string_view>

#include "lua/state.h"

namespace trivium::lua {

// One field: a function without upvalues, or whatever `push` leaves on the stack (exactly one value).
struct LibraryField {
  std::string_view name;
  lua_CFunction function = nullptr;
  void (*push)(lua_State*) = nullptr;
};

// Must outlive every state it is used in: states keep its address.
struct Library {
  std::span<const LibraryField> fields;

  const LibraryField* find(std::string_view name) const;
};

void push_field(lua_State* L, const LibraryField& field);

// What an __index function with arguments (table, name) does to bind fields as they are read: returns the
// field of this name, if there is one, and keeps it in the table.
int bind_from(lua_State* L, const Library& library);

// Pushes a frozen table with the fields of `library`. An unused one takes about 350 bytes; each field
// that is read adds a table slot.
void push_library(lua_State* L, const Library& library);

// Gives the contents of a library table (see push_contents) all its fields, so that it can be walked.
// Does nothing to other tables.
void complete_library(lua_State* L, int contents);

}  // namespace trivium::lua
