// Messages and payloads as userdata.
#pragma once

#include <string_view>

#include "lua/message.h"
#include "lua/state.h"

namespace trivium::lua {

inline constexpr const char* message_metatable = "trivium.message";
inline constexpr const char* payload_metatable = "trivium.payload";

// Pushes a Message object: topic(), from(), payload().
void push_message_object(lua_State* L, const Message& message);

// Replaces the value on top of the stack by a Payload around it. Formats are the strings of
// payload.format.
void wrap_payload(lua_State* L, std::string_view format);

// Pushes the wrapped value; returns its format. Raises when `index` is no Payload.
std::string_view unwrap_payload(lua_State* L, int index);

// The formats, as applications see them.
namespace payload_format {
inline constexpr std::string_view lua = "lua/any";
inline constexpr std::string_view json = "json/plain";
inline constexpr std::string_view yaml = "yaml/plain";
inline constexpr std::string_view string = "text/plain";
inline constexpr std::string_view bytes = "application/octet-stream";
inline constexpr std::string_view plain = "golang/any";
inline constexpr std::string_view error = "golang/error";
}  // namespace payload_format

}  // namespace trivium::lua
