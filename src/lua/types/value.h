// Type values: the userdata Lua code handles types through.
#pragma once

#include "lua/state.h"
#include "lua/types/resolve.h"
#include "lua/types/types.h"

namespace trivium::lua {

// What one VM knows about types. Lives in the registry until the VM is closed.
class VmTypes final : public Imports {
 public:
  explicit VmTypes(PushError push_error) : push_error(push_error) {}

  const TypeSet* find(std::string_view module) const override;

  const PushError push_error;
  std::vector<std::pair<std::string, std::shared_ptr<const TypeSet>>> modules;
  std::vector<std::shared_ptr<const TypeSet>> bound;               // keeps alive what type values point into
  std::vector<std::pair<const Type*, const Type*>> result_tuples;  // of functions asked for theirs
};

// The VM's, made by open_types().
VmTypes& vm_types(lua_State* L);

// Pushes the value of a type. The same node without arguments gives the same value while that lives.
void push_type(lua_State* L, const Typed& type);

// The type behind a type value; null for every other value.
const Typed* to_type(lua_State* L, int index);

// The function that `T[name]` is for the names of 3.2 (is, kind, fields …), bound to the type value at
// `index`; pushes nothing and returns false for any other name.
bool push_type_method(lua_State* L, int index, std::string_view name);

}  // namespace trivium::lua
