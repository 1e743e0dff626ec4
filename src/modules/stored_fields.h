// The memo and the search attributes of a workflow, which are kept with its run: their values follow the
// rules of payloads, not those of plain data.
#pragma once

#include <string_view>

#include "core/error.h"
#include "core/value.h"
#include "lua/state.h"

namespace trivium::lua {

// The string-keyed fields of the table at `table`. Invalid names the field that cannot be kept, for a memo
// after `name`, which is what the code calls it.
Result<Object> memo_fields(lua_State* L, int table, std::string_view name);
// Times become {datetime = RFC 3339}.
Result<Object> search_fields(lua_State* L, int table);

// The options in the table at `index` as plain data, apart from a memo and search attributes among them.
Result<Object> plain_options(lua_State* L, int index);

}  // namespace trivium::lua
