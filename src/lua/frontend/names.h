// The interned identifiers of one chunk, and the words that mean something to the dialect.
#pragma once

#include <string_view>
#include <vector>

#include "lua/frontend/arena.h"
#include "lua/frontend/ast.h"

namespace trivium::lua {

// None of these is reserved: each is a word only where the grammar expects one.
enum class Word : uint8_t {
  kNone,
  kType,
  kInterface,
  kAs,
  kAsserts,
  kReadonly,
  kIs,
  kTypeof,
  kKeyof,
  kExtends,
  kFun,
  kExport,
  kRequire,
  // Builtin types that are values when called or asked for their properties (number(v), string:is(v)).
  kPrimitive,
  // Properties of type values.
  kReflection,
};

class Names {
 public:
  explicit Names(Arena& arena);

  Name* intern(std::string_view text, uint32_t hash);
  // Null when the chunk does not use the name.
  const Name* find(std::string_view text) const;

  static uint32_t hash_step(uint32_t hash, char c) {
    return (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  static constexpr uint32_t kHashSeed = 2166136261u;
  static uint32_t hash_of(std::string_view text);

 private:
  struct Slot {
    uint32_t hash;
    Name* name;
  };

  Name* add(std::string_view text) { return intern(text, hash_of(text)); }
  void grow();

  Arena& arena_;
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace trivium::lua
