// What can be asked of a type value: is, kind, name, elem, key, val, inner, ret, fields, variants,
// params, tparams. Each is a function bound to its type, so that T.kind() and T:kind() both work.
#include <algorithm>

#include "lua/types/validate.h"
#include "lua/types/value.h"

namespace trivium::lua {

namespace {

constexpr int kSelf = lua_upvalueindex(1);

const Typed& self(lua_State* L) { return *to_type(L, kSelf); }

int push_optional_type(lua_State* L, const Typed& type, const Type* node) {
  if (node == nullptr) {
    lua_pushnil(L);
  } else {
    push_type(L, part(type, node));
  }
  return 1;
}

// --- is -------------------------------------------------------------------------------------------

Error mismatch_error(const TypeMismatch& mismatch) {
  const std::string prefix = mismatch.path.empty() ? "" : mismatch.path + ": ";
  Error error = Error::of(kind::invalid, prefix + mismatch.text);
  Object details;
  const auto add = [&details](std::string_view key, const std::string& value) {
    if (!value.empty()) details.set(key, value);
  };
  add("field", mismatch.path);
  add("expected", mismatch.expected);
  add("got", mismatch.got);
  add("constraint", mismatch.constraint);
  error.details = std::move(details);
  return error;
}

// T:is(v) and T.is(v)
int is(lua_State* L) {
  const int count = lua_gettop(L);
  if (count == 0)
    return luaL_error(L, "type %s expects at least 1 argument", type_text(self(L), vm_types(L)).c_str());
  const int value = count > 1 && lua_rawequal(L, 1, kSelf) ? 2 : 1;
  TypeMismatch mismatch;
  if (validate(L, value, self(L), vm_types(L), &mismatch)) {
    lua_pushvalue(L, value);
    lua_pushnil(L);
    return 2;
  }
  lua_pushnil(L);
  return 1 + vm_types(L).push_error(L, mismatch_error(mismatch));
}

// --- reflection -----------------------------------------------------------------------------------

// The structure below aliases and annotations.
Typed structure(lua_State* L, const Typed& type) {
  Typed resolved = resolve(type, vm_types(L));
  for (int i = 0; resolved.node->kind == TypeKind::kAnnotated && i < 64; ++i) {
    resolved = resolve(part(resolved, resolved.node->items[0]), vm_types(L));
  }
  return resolved;
}

// Whether the type is written as a generic with arguments, directly or through aliases.
bool is_instance(lua_State* L, const Typed& type) {
  const Type* node = type.node;
  for (int i = 0; i < 64; ++i) {
    if (node->kind == TypeKind::kInstance) return true;
    const TypeDeclaration* target = declaration_of(*node, vm_types(L));
    if (target == nullptr || !target->params.empty()) return false;
    node = target->body;
  }
  return false;
}

const char* kind_text(TypeKind kind) {
  switch (kind) {
    case TypeKind::kNil:
      return "nil";
    case TypeKind::kBoolean:
      return "boolean";
    case TypeKind::kNumber:
      return "number";
    case TypeKind::kInteger:
      return "integer";
    case TypeKind::kString:
      return "string";
    case TypeKind::kAny:
      return "any";
    case TypeKind::kNever:
      return "never";
    case TypeKind::kOptional:
      return "optional";
    case TypeKind::kUnion:
    case TypeKind::kKeyof:
      return "union";
    case TypeKind::kIntersection:
      return "intersection";
    case TypeKind::kTuple:
      return "tuple";
    case TypeKind::kFunction:
      return "function";
    case TypeKind::kArray:
      return "array";
    case TypeKind::kMap:
      return "map";
    case TypeKind::kRecord:
      return "record";
    default:
      return "unknown";
  }
}

int kind_of(lua_State* L) {
  const Typed type = structure(L, self(L));
  lua_pushstring(L, is_generic(*type.node)    ? "generic"
                    : is_instance(L, self(L)) ? "instantiated"
                                              : kind_text(type.node->kind));
  return 1;
}

int name_of(lua_State* L) {
  const std::string name = type_name(self(L));
  if (name.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, name.data(), name.size());
  }
  return 1;
}

// Item number `item` of types of the given kind.
int item_of(lua_State* L, TypeKind kind, size_t item) {
  const Typed type = structure(L, self(L));
  return push_optional_type(L, type, type.node->kind == kind ? type.node->items[item] : nullptr);
}

int elem(lua_State* L) { return item_of(L, TypeKind::kArray, 0); }
int key(lua_State* L) { return item_of(L, TypeKind::kMap, 0); }
int val(lua_State* L) { return item_of(L, TypeKind::kMap, 1); }
int inner(lua_State* L) { return item_of(L, TypeKind::kOptional, 0); }

int ret(lua_State* L) {
  const Typed type = structure(L, self(L));
  const std::vector<const Type*>& results = type.node->results;
  if (results.size() < 2) return push_optional_type(L, type, results.empty() ? nullptr : results[0]);
  VmTypes& vm = vm_types(L);
  for (const auto& [function, tuple] : vm.result_tuples) {
    if (function == type.node) return push_optional_type(L, type, tuple);
  }
  // The tuple exists for reflection only, so the VM owns it.
  auto set = std::make_shared<TypeSet>();
  Type* tuple = set->make(TypeKind::kTuple);
  tuple->items = results;
  vm.bound.push_back(std::move(set));
  vm.result_tuples.emplace_back(type.node, tuple);
  return push_optional_type(L, type, tuple);
}

// --- iterators ------------------------------------------------------------------------------------
// Upvalues: the type value, the position.

size_t next_position(lua_State* L) {
  const lua_Integer position = lua_tointeger(L, lua_upvalueindex(2));
  lua_pushinteger(L, position + 1);
  lua_replace(L, lua_upvalueindex(2));
  return static_cast<size_t>(position);
}

int push_iterator(lua_State* L, bool applies, lua_CFunction next) {
  if (!applies) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushvalue(L, kSelf);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next, 2);
  return 1;
}

int next_field(lua_State* L) {
  const size_t position = next_position(L);
  const Typed type = structure(L, self(L));
  if (position >= type.node->fields.size()) return 0;
  const TypeField& field = type.node->fields[position];
  lua_pushlstring(L, field.name.data(), field.name.size());
  push_type(L, part(type, field.type));
  return 2;
}

int next_variant(lua_State* L) {
  const size_t position = next_position(L);
  const Typed type = structure(L, self(L));
  if (position >= type.node->items.size()) return 0;
  push_type(L, part(type, type.node->items[position]));
  return 1;
}

int next_param(lua_State* L) {
  const size_t position = next_position(L);
  const Typed type = structure(L, self(L));
  if (position >= type.node->fields.size()) return 0;
  push_type(L, part(type, type.node->fields[position].type));
  return 1;
}

int next_tparam(lua_State* L) {
  const size_t position = next_position(L);
  const Typed type = structure(L, self(L));
  if (position >= type.node->declaration->params.size()) return 0;
  const TypeParameter& param = type.node->declaration->params[position];
  lua_pushlstring(L, param.name.data(), param.name.size());
  return 1 + push_optional_type(L, type, param.constraint);
}

int fields(lua_State* L) {
  return push_iterator(L, structure(L, self(L)).node->kind == TypeKind::kRecord, next_field);
}
int variants(lua_State* L) {
  return push_iterator(L, structure(L, self(L)).node->kind == TypeKind::kUnion, next_variant);
}
int params(lua_State* L) {
  return push_iterator(L, structure(L, self(L)).node->kind == TypeKind::kFunction, next_param);
}
int tparams(lua_State* L) { return push_iterator(L, is_generic(*structure(L, self(L)).node), next_tparam); }

struct Method {
  std::string_view name;
  lua_CFunction function;
};

constexpr Method kMethods[] = {
    {"is", is},         {"kind", kind_of},      {"name", name_of},  {"elem", elem},
    {"key", key},       {"val", val},           {"inner", inner},   {"ret", ret},
    {"fields", fields}, {"variants", variants}, {"params", params}, {"tparams", tparams}};

}  // namespace

bool push_type_method(lua_State* L, int index, std::string_view name) {
  const auto method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                   [name](const Method& candidate) { return candidate.name == name; });
  if (method == std::end(kMethods)) return false;
  index = lua_absindex(L, index);
  // `is` is called often: each value keeps its own.
  const bool kept = method->function == is;
  if (kept) {
    if (lua_getiuservalue(L, index, 1) == LUA_TFUNCTION) return true;
    lua_pop(L, 1);
  }
  lua_pushvalue(L, index);
  lua_pushcclosure(L, method->function, 1);
  if (kept) {
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, index, 1);
  }
  return true;
}

}  // namespace trivium::lua
