#include "app/always_there.h"

#include <algorithm>
#include <iterator>

namespace trivium::app {
namespace {

constexpr std::string_view names[] = {
    "_G",           "_VERSION", "assert",       "channel",     "coroutine", "error",   "errors",
    "getmetatable", "ipairs",   "math",         "next",        "os",        "package", "pairs",
    "payload",      "pcall",    "print",        "process",     "rawequal",  "rawget",  "rawset",
    "require",      "select",   "setmetatable", "string",      "subscribe", "table",   "tonumber",
    "tostring",     "type",     "unpack",       "unsubscribe", "xpcall"};

}  // namespace

std::span<const std::string_view> names_always_there() { return names; }

bool always_there(std::string_view name) {
  return std::binary_search(std::begin(names), std::end(names), name);
}

}  // namespace trivium::app
