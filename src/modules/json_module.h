#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "core/error.h"
#include "lua/state.h"

namespace trivium::lua {

// The JSON text of the value at `index`, as applications see it. Fails with kind
// Internal for tables that are no JSON (mixed keys, holes, cycles, too deep), and for a text that is
// longer than `limit` or than there is room for. Object keys are sorted, so that equal values give equal
// texts. Throws a Lua error only when memory runs out.
Result<std::string> encode_json(lua_State* L, int index, size_t limit = std::numeric_limits<size_t>::max());

// Data takes more memory than its text.
inline constexpr size_t max_data_text = 64 << 20;

// The value at `index` as data, the way encode_json writes it. Fails like that.
Result<Value> to_json(lua_State* L, int index, size_t limit = max_data_text);

// json.validate and json.validate_string.
int validate_json(lua_State* L);
int validate_json_text(lua_State* L);

// Pushes the first value of `text`; on failure (kind Internal) pushes nothing. Throws a Lua error only
// when memory runs out.
Result<> push_json(lua_State* L, std::string_view text);

// Pushes the table of the `json` module.
int open_json(lua_State* L);

}  // namespace trivium::lua
