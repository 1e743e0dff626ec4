#include "lua/types/validators.h"

#include <re2/re2.h>

#include <optional>

namespace trivium::lua {

namespace {

std::optional<double> number_argument(const TypeAnnotation& annotation) {
  if (annotation.args.empty()) return std::nullopt;
  if (const int64_t* integer = std::get_if<int64_t>(&annotation.args[0]))
    return static_cast<double>(*integer);
  if (const double* number = std::get_if<double>(&annotation.args[0])) return *number;
  return std::nullopt;
}

const char* check_value(lua_State* L, int index, const TypeAnnotation& annotation, bool minimum) {
  const auto bound = number_argument(annotation);
  if (!bound || lua_type(L, index) != LUA_TNUMBER) return nullptr;
  // NaN is neither above nor below anything, so ask for what must hold.
  const double value = lua_tonumber(L, index);
  if (minimum) return value >= *bound ? nullptr : "value below minimum";
  return value <= *bound ? nullptr : "value above maximum";
}

const char* check_length(lua_State* L, int index, const TypeAnnotation& annotation, bool minimum) {
  const auto bound = number_argument(annotation);
  const int kind = lua_type(L, index);
  if (!bound || (kind != LUA_TSTRING && kind != LUA_TTABLE)) return nullptr;
  const double length = static_cast<double>(lua_rawlen(L, index));
  if (minimum) return length >= *bound ? nullptr : "length below minimum";
  return length <= *bound ? nullptr : "length above maximum";
}

const char* check_pattern(lua_State* L, int index, const TypeAnnotation& annotation) {
  if (lua_type(L, index) != LUA_TSTRING) return nullptr;
  const std::string* pattern =
      annotation.args.empty() ? nullptr : std::get_if<std::string>(&annotation.args[0]);
  if (pattern == nullptr) return "invalid pattern argument";
  const re2::RE2* regex = annotation.pattern->get(*pattern);
  if (regex == nullptr) return "invalid regex";
  size_t length = 0;
  const char* text = lua_tolstring(L, index, &length);
  return re2::RE2::PartialMatch(re2::StringPiece(text, length), *regex) ? nullptr : "pattern mismatch";
}

}  // namespace

const char* violation(lua_State* L, int index, const TypeAnnotation& annotation) {
  if (annotation.name == "min") return check_value(L, index, annotation, true);
  if (annotation.name == "max") return check_value(L, index, annotation, false);
  if (annotation.name == "min_len") return check_length(L, index, annotation, true);
  if (annotation.name == "max_len") return check_length(L, index, annotation, false);
  if (annotation.name == "pattern") return check_pattern(L, index, annotation);
  return nullptr;
}

}  // namespace trivium::lua
