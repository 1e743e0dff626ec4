// Immutable tables. Lua has no read-only flag, so a frozen table is an empty one whose metatable
// leads reads to a hidden table with the contents and refuses writes. Host code that walks tables
// with raw access (lua_next, lua_rawgeti, lua_rawlen) calls push_contents or see_through first.
#pragma once

#include "lua/state.h"

namespace trivium::lua {

// Replaces the table at `index` by a frozen one with the same contents. The original must not be
// reachable from Lua. For tables that modules build; push_library makes lazily filled ones.
void freeze_library(lua_State* L, int index);

// Freezes the table at `index` itself: every reference to it sees it frozen. Its metatable keeps
// working. Fields named "__…" stay in place as well, because Lua reads metamethods of objects whose
// metatable it is without asking us; those alone can still be overwritten.
void freeze_in_place(lua_State* L, int index);

bool is_frozen(lua_State* L, int index);

// Pushes the table that really holds what the table at `index` shows: the hidden one of a frozen
// table (complete, if it was a lazy library), else the table itself.
void push_contents(lua_State* L, int index);

// Replaces the table at `index` by what push_contents pushes. Costs one check for tables without a
// metatable. Never hand the result to Lua code.
void see_through(lua_State* L, int index);

// Pushes the metatable a frozen table had before it was frozen, or nil.
void push_metatable_of_frozen(lua_State* L, int index);

}  // namespace trivium::lua
