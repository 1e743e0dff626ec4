// Numbers in place of addresses.
//
// An address differs from run to run, and with it the order in which `pairs` visits keys that are objects,
// and the text of an object. Where code runs again and must do the same, each object has a number instead,
// given when it is asked for first: what asks is the code alone.
//
// Threads: those of the state, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

struct lua_State;

namespace trivium::lua {

class Identities {
 public:
  // From 1.
  uint32_t of(const void* object);
  // The block is freed; another object may be there next.
  void forget(const void* block, size_t size);

 private:
  std::unordered_map<const void*, uint32_t> numbers_;
  uint32_t last_ = 0;
};

// What stands for the address of an object of the state in texts. Returns its length, as snprintf.
int write_address(lua_State* L, const void* object, char* buffer, size_t size);

}  // namespace trivium::lua
