// Short strings that many Lua states have in common: those of the image they were made from
// (lua/state_image.h). Such a state finds a string here before it looks among its own, so that there is one
// of each text for it, as Lua, which compares short strings by address, takes for granted.
//
// Thread-safe once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

struct TString;

namespace trivium::lua {

class SharedStrings {
 public:
  SharedStrings() = default;
  // The strings outlive this; each text once.
  explicit SharedStrings(const std::vector<TString*>& strings);

  // Null: not among them.
  TString* find(const char* text, size_t length) const noexcept;

 private:
  size_t place_of(const char* text, size_t length) const noexcept;

  // Open addressing, at most a quarter in use: most texts that are not here meet an empty place at once.
  std::vector<TString*> places_{nullptr, nullptr};
  unsigned shift_ = 63;
};

}  // namespace trivium::lua
