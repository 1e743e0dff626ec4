#include "lua/shared_strings.h"

#include <cstring>

#include "lua/memory.h"
#include "lua/state.h"

// Lua's own headers: how it makes strings.
#include "lstate.h"
#include "lstring.h"

namespace trivium::lua {

SharedStrings::SharedStrings(const std::vector<TString*>& strings) {
  size_t size = 2;
  for (shift_ = 63; size < 4 * strings.size(); size *= 2) --shift_;
  places_.assign(size, nullptr);
  const size_t mask = size - 1;
  for (TString* const string : strings) {
    size_t at = place_of(getstr(string), string->shrlen);
    while (places_[at] != nullptr) at = (at + 1) & mask;
    places_[at] = string;
  }
}

// By the length, the first eight bytes and the last eight: names that are alike in these are few.
size_t SharedStrings::place_of(const char* text, size_t length) const noexcept {
  uint64_t first = 0;
  uint64_t last = 0;
  if (length >= sizeof first) {
    std::memcpy(&first, text, sizeof first);
    std::memcpy(&last, text + length - sizeof last, sizeof last);
  } else if (length >= sizeof(uint32_t)) {
    std::memcpy(&first, text, sizeof(uint32_t));
    std::memcpy(&last, text + length - sizeof(uint32_t), sizeof(uint32_t));
  } else {
    for (size_t i = 0; i < length; ++i) first = first << 8 | static_cast<unsigned char>(text[i]);
  }
  // Multiplicative hashing by the golden ratio: Knuth, The Art of Computer Programming 3, 6.4.
  return ((first ^ (last << 1) ^ length) * 0x9E3779B97F4A7C15U) >> shift_;
}

TString* SharedStrings::find(const char* text, size_t length) const noexcept {
  const size_t mask = places_.size() - 1;
  for (size_t at = place_of(text, length); places_[at] != nullptr; at = (at + 1) & mask) {
    TString* const string = places_[at];
    if (string->shrlen == length && std::memcmp(getstr(string), text, length) == 0) return string;
  }
  return nullptr;
}

}  // namespace trivium::lua

// lstring.c defines luaS_newlstr by this name (cmake/lua.cmake), and luaS_new by one that nobody calls.
LUAI_FUNC TString* trivium_own_string(lua_State* L, const char* text, size_t length);

TString* luaS_newlstr(lua_State* L, const char* text, size_t length) {
  if (length <= LUAI_MAXSHORTLEN) {
    const auto* const shared = static_cast<const trivium::lua::Memory*>(G(L)->ud)->shared_strings();
    if (shared != nullptr) {
      if (TString* const found = shared->find(text, length)) return found;
    }
  }
  return trivium_own_string(L, text, length);
}

// Most of these are literals in C functions, the same again and again: the cache knows them by their address.
TString* luaS_new(lua_State* L, const char* text) {
  TString*& recent = G(L)->strcache[point2uint(text) % STRCACHE_N][0];
  if (std::strcmp(text, getstr(recent)) != 0) recent = luaS_newlstr(L, text, std::strlen(text));
  return recent;
}
