#include "modules/payload_global.h"

#include "lua/error_object.h"
#include "lua/message_object.h"
#include "modules/arguments.h"

namespace trivium::lua {
namespace {

// Known by name although nothing of ours produces it: the strings are part of what applications see.
constexpr std::string_view msgpack = "application/msgpack";

template <const std::string_view& format>
void push_format(lua_State* L) {
  push_text(L, format);
}

constexpr LibraryField format_fields[] = {
    {"JSON", nullptr, push_format<payload_format::json>},
    {"YAML", nullptr, push_format<payload_format::yaml>},
    {"STRING", nullptr, push_format<payload_format::string>},
    {"LUA", nullptr, push_format<payload_format::lua>},
    {"BYTES", nullptr, push_format<payload_format::bytes>},
    {"MSGPACK", nullptr, push_format<msgpack>},
    {"GOLANG", nullptr, push_format<payload_format::plain>},
    {"ERROR", nullptr, push_format<payload_format::error>},
};
const Library format_library{format_fields};

int create(lua_State* L) {
  lua_settop(L, 1);
  wrap_payload(L, test_error(L, 1) != nullptr ? payload_format::error : payload_format::lua);
  return 1;
}

void push_formats(lua_State* L) { push_library(L, format_library); }

constexpr LibraryField fields[] = {{"new", create}, {"format", nullptr, push_formats}};

}  // namespace

const Library payload_library{fields};

}  // namespace trivium::lua
