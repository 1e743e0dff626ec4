#include "lua/types/value.h"

#include <new>

#include "lua/types/compare.h"
#include "lua/types/validate.h"

namespace trivium::lua {

namespace {

// Registry keys: only their addresses matter.
constexpr char kVm = 0;
constexpr char kValues = 0;      // metatable of type values
constexpr char kValueCache = 0;  // node -> value, weak
constexpr char kSlots = 0;       // metatable of slot tables

std::string text_of(lua_State* L, const Typed& type) { return type_text(type, vm_types(L)); }

// --- calls ----------------------------------------------------------------------------------------

const TypeDeclaration* generic_of(lua_State* L, const Typed& type) {
  const Typed resolved = resolve(type, vm_types(L));
  return is_generic(*resolved.node) ? resolved.node->declaration : nullptr;
}

int instantiate(lua_State* L, const Typed& type, const TypeDeclaration& generic, int count) {
  if (static_cast<size_t>(count) != generic.params.size()) {
    return luaL_error(L, "generic %s expects %d type arguments, got %d", text_of(L, type).c_str(),
                      static_cast<int>(generic.params.size()), count);
  }
  auto arguments = std::make_shared<TypeArguments>();
  for (int i = 0; i < count; ++i) arguments->list.push_back(*to_type(L, i + 2));
  push_type(L, {generic.instance, std::move(arguments)});
  return 1;
}

// T(v), or G(T1, T2) for generics
int call(lua_State* L) {
  const Typed* self = to_type(L, 1);
  if (self == nullptr) return luaL_error(L, "attempt to call a value that is no type");
  const Typed type = *self;
  const int count = lua_gettop(L) - 1;
  if (count == 0) return luaL_error(L, "type %s expects at least 1 argument", text_of(L, type).c_str());
  int types = 0;
  for (int i = 2; i <= count + 1; ++i) types += is_type_value(L, i) ? 1 : 0;
  if (types > 0) {
    const TypeDeclaration* generic = generic_of(L, type);
    if (types < count) {
      return luaL_error(L, "type %s does not accept mixed type/value arguments", text_of(L, type).c_str());
    }
    if (generic != nullptr) return instantiate(L, type, *generic, count);
    // A type is a value too, for those types that accept every value.
    if (count != 1 || !validate(L, 2, type, vm_types(L), nullptr)) {
      return luaL_error(L, "type %s is not generic", text_of(L, type).c_str());
    }
  } else if (count > 1) {
    return luaL_error(L, "type %s validation expects 1 value, got %d", text_of(L, type).c_str(), count);
  }
  if (!validate(L, 2, type, vm_types(L), nullptr)) {
    return luaL_error(L, "expected %s, got %s", text_of(L, type).c_str(), value_kind(L, 2));
  }
  lua_settop(L, 2);
  return 1;
}

// --- the other operators --------------------------------------------------------------------------

int index(lua_State* L) {
  const Typed* self = to_type(L, 1);
  if (self == nullptr || lua_type(L, 2) != LUA_TSTRING) return 0;
  size_t length = 0;
  const char* text = lua_tolstring(L, 2, &length);
  const std::string_view name(text, length);
  if (push_type_method(L, 1, name)) return 1;
  const Typed type = resolve(*self, vm_types(L));
  if (type.node->kind == TypeKind::kAnnotated) return 0;
  for (const TypeField& field : type.node->fields) {
    if (field.name != name || type.node->kind == TypeKind::kFunction) continue;
    push_type(L, part(type, field.type));
    return 1;
  }
  return 0;
}

int new_index(lua_State* L) {
  return luaL_error(L, "attempt to modify immutable type %s", text_of(L, *to_type(L, 1)).c_str());
}

const Typed& operand(lua_State* L, int index, const char* what) {
  const Typed* type = to_type(L, index);
  if (type == nullptr) luaL_error(L, "attempt to %s type with %s", what, value_kind(L, index));
  return *type;
}

int equal(lua_State* L) {
  const Typed* a = to_type(L, 1);
  const Typed* b = to_type(L, 2);
  lua_pushboolean(L, a != nullptr && b != nullptr && is_equal(*a, *b, vm_types(L)));
  return 1;
}

int less_equal(lua_State* L) {
  lua_pushboolean(L, is_subtype(operand(L, 1, "compare"), operand(L, 2, "compare"), vm_types(L)));
  return 1;
}

int less(lua_State* L) {
  const Typed& a = operand(L, 1, "compare");
  const Typed& b = operand(L, 2, "compare");
  lua_pushboolean(L, is_subtype(a, b, vm_types(L)) && !is_subtype(b, a, vm_types(L)));
  return 1;
}

int to_string(lua_State* L) {
  push_type_text(L, 1);
  return 1;
}

int collect(lua_State* L) {
  static_cast<Typed*>(lua_touserdata(L, 1))->~Typed();
  return 0;
}

int collect_vm(lua_State* L) {
  static_cast<VmTypes*>(lua_touserdata(L, 1))->~VmTypes();
  return 0;
}

// --- slots ----------------------------------------------------------------------------------------

// A chunk's type values are made when it first touches them.
int fill_slot(lua_State* L) {
  lua_rawgeti(L, 1, 0);
  const auto* set = static_cast<const TypeSet*>(lua_touserdata(L, -1));
  const lua_Integer slot = lua_tointeger(L, 2);
  push_type(L, {set->slots()[static_cast<size_t>(slot) - 1], nullptr});
  lua_pushvalue(L, -1);
  lua_rawseti(L, 1, slot);
  return 1;
}

void make_metatable(lua_State* L, const char* key, const luaL_Reg* functions) {
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

// Made with the first type value, so that VMs without types do not carry them.
void make_metatables(lua_State* L) {
  static constexpr luaL_Reg kValueFunctions[] = {
      {"__call", call},  {"__index", index},        {"__newindex", new_index},
      {"__eq", equal},   {"__le", less_equal},      {"__lt", less},
      {"__gc", collect}, {"__tostring", to_string}, {nullptr, nullptr}};
  make_metatable(L, &kValues, kValueFunctions);
  static constexpr luaL_Reg kSlotFunctions[] = {{"__index", fill_slot}, {nullptr, nullptr}};
  make_metatable(L, &kSlots, kSlotFunctions);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kValueCache);
}

}  // namespace

const TypeSet* VmTypes::find(std::string_view module) const {
  for (const auto& [name, types] : modules) {
    if (name == module) return types.get();
  }
  return nullptr;
}

VmTypes& vm_types(lua_State* L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kVm);
  auto* vm = static_cast<VmTypes*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  if (vm == nullptr) luaL_error(L, "types are not open in this state");
  return *vm;
}

void push_type(lua_State* L, const Typed& type) {
  luaL_checkstack(L, 4, "too many types");
  const bool cached = type.arguments == nullptr;
  if (cached) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &kValueCache);
    if (lua_rawgetp(L, -1, type.node) != LUA_TNIL) {
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 1);
  }
  new (lua_newuserdatauv(L, sizeof(Typed), 1)) Typed(type);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kValues);
  lua_setmetatable(L, -2);
  if (cached) {
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -3, type.node);
    lua_remove(L, -2);
  }
}

const Typed* to_type(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_getmetatable(L, index) == 0) return nullptr;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kValues);
  const bool is_type = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return is_type ? static_cast<const Typed*>(lua_touserdata(L, index)) : nullptr;
}

void open_types(lua_State* L, PushError push_error) {
  new (lua_newuserdatauv(L, sizeof(VmTypes), 0)) VmTypes(push_error);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, collect_vm);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kVm);
}

void bind_types(lua_State* L, const std::shared_ptr<const TypeSet>& types) {
  if (types == nullptr || types->slots().empty()) return;
  vm_types(L).bound.push_back(types);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kValues) == LUA_TNIL) make_metatables(L);
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushlightuserdata(L, const_cast<TypeSet*>(types.get()));
  lua_rawseti(L, -2, 0);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &kSlots);
  lua_setmetatable(L, -2);
  lua_call(L, 1, 1);
}

void export_types(lua_State* L, std::string_view module, const std::shared_ptr<const TypeSet>& types) {
  if (types != nullptr) vm_types(L).modules.emplace_back(module, types);
}

bool is_type_value(lua_State* L, int index) { return to_type(L, index) != nullptr; }

void push_type_text(lua_State* L, int index) {
  const std::string text = text_of(L, *to_type(L, index));
  lua_pushlstring(L, text.data(), text.size());
}

}  // namespace trivium::lua
