#include "lua/types/validate.h"

#include <cmath>

#include "lua/sandbox/frozen.h"
#include "lua/types/validators.h"
#include "lua/types/value.h"

namespace trivium::lua {

namespace {

// Levels of nested values; deeper ones, and those that contain themselves, do not fit.
constexpr int kMaxValueDepth = 64;
// Levels of types that add none to the value, such as unions of unions.
constexpr int kMaxTypeDepth = 400;
// Members of unions inside unions are tried one after another at every level; this bounds the product.
constexpr int kMaxUnionSteps = 2'000'000;

std::string member_path(std::string_view name, const std::string& rest) {
  std::string path(name);
  if (!rest.empty() && rest[0] != '[') path += '.';
  return path + rest;
}

class Validator {
 public:
  Validator(lua_State* L, const Imports& imports, TypeMismatch* mismatch)
      : L_(L), imports_(imports), mismatch_(mismatch) {}

  bool check(int index, const Typed& type) {
    if (type_depth_ >= kMaxTypeDepth || (unions_ > 1 && ++union_steps_ > kMaxUnionSteps)) hopeless_ = true;
    if (hopeless_) return reject("type is nested too deeply");
    ++type_depth_;
    const bool fits = check_resolved(index, type, resolve(type, imports_));
    --type_depth_;
    return fits;
  }

 private:
  bool reject(std::string text) {
    if (mismatch_ != nullptr) *mismatch_ = {{}, std::move(text), {}, {}, {}};
    return false;
  }

  bool wrong_type(int index, const Typed& expected) {
    if (mismatch_ == nullptr) return false;
    const std::string text = type_text(expected, imports_);
    const std::string got = value_kind(L_, index);
    *mismatch_ = {{}, "expected " + text + ", got " + got, text, got, {}};
    return false;
  }

  bool unresolved(const Typed& type) {
    if (mismatch_ == nullptr) return false;
    const std::string text = type_text(type, imports_);
    *mismatch_ = {{}, "unresolved type " + text, text, {}, {}};
    return false;
  }

  // `written` is the type by its name, `type` what it stands for.
  bool check_resolved(int index, const Typed& written, const Typed& type) {
    const Type& node = *type.node;
    const int kind = lua_type(L_, index);
    switch (node.kind) {
      case TypeKind::kAny:
      case TypeKind::kUnknown:
      case TypeKind::kSelf:
        return true;
      case TypeKind::kNil:
        return kind == LUA_TNIL || wrong_type(index, type);
      case TypeKind::kBoolean:
        return kind == LUA_TBOOLEAN || wrong_type(index, type);
      case TypeKind::kNumber:
        return kind == LUA_TNUMBER || wrong_type(index, type);
      case TypeKind::kInteger:
        return is_integer(index) || wrong_type(index, type);
      case TypeKind::kString:
        return kind == LUA_TSTRING || wrong_type(index, type);
      case TypeKind::kLiteral:
        return is_literal(index, node.literal) || wrong_type(index, type);
      case TypeKind::kNever:
        return wrong_type(index, type);
      case TypeKind::kTable:
        return kind == LUA_TTABLE || wrong_type(index, type);
      case TypeKind::kInterface:
        return kind == LUA_TTABLE || wrong_type(index, written);
      case TypeKind::kUserdata:
        return kind == LUA_TUSERDATA || wrong_type(index, written);
      case TypeKind::kHostData:
        return kind == LUA_TUSERDATA || kind == LUA_TTABLE || wrong_type(index, written);
      case TypeKind::kFunction:
        return kind == LUA_TFUNCTION || wrong_type(index, written);
      case TypeKind::kOptional:
        return kind == LUA_TNIL || check(index, part(type, node.items[0]));
      case TypeKind::kUnion:
        return check_union(index, written, type);
      case TypeKind::kIntersection:
        for (const Type* item : node.items) {
          if (!check(index, part(type, item))) return false;
        }
        return true;
      case TypeKind::kAnnotated:
        return check_annotated(index, type);
      case TypeKind::kKeyof:
        return check_keyof(index, written, type);
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kRecord:
      case TypeKind::kTuple:
        return kind == LUA_TTABLE ? check_table(index, type) : wrong_type(index, written);
      case TypeKind::kImport:
      case TypeKind::kInstance:
      case TypeKind::kUnresolved:
        return unresolved(type);
      case TypeKind::kRef:
        // A generic without arguments, or an alias of nothing but itself.
        return is_generic(node) ? wrong_type(index, written) : unresolved(type);
      default:
        return wrong_type(index, written);
    }
  }

  bool is_integer(int index) {
    if (lua_type(L_, index) != LUA_TNUMBER) return false;
    if (lua_isinteger(L_, index)) return true;
    const double value = lua_tonumber(L_, index);
    return std::isfinite(value) && value == std::floor(value);
  }

  bool is_literal(int index, const Literal& literal) {
    const int kind = lua_type(L_, index);
    if (const bool* flag = std::get_if<bool>(&literal)) {
      return kind == LUA_TBOOLEAN && (lua_toboolean(L_, index) != 0) == *flag;
    }
    if (const std::string* string = std::get_if<std::string>(&literal)) {
      if (kind != LUA_TSTRING) return false;
      size_t length = 0;
      const char* text = lua_tolstring(L_, index, &length);
      return std::string_view(text, length) == *string;
    }
    if (kind != LUA_TNUMBER) return false;
    if (const int64_t* integer = std::get_if<int64_t>(&literal)) {
      lua_pushinteger(L_, *integer);
    } else {
      lua_pushnumber(L_, std::get<double>(literal));
    }
    const bool equal = lua_rawequal(L_, index, -1) != 0;
    lua_pop(L_, 1);
    return equal;
  }

  bool check_union(int index, const Typed& written, const Typed& type) {
    // Members fail silently: the union as a whole is reported.
    TypeMismatch* const report = mismatch_;
    mismatch_ = nullptr;
    ++unions_;
    bool fits = false;
    for (const Type* item : type.node->items) {
      if (check(index, part(type, item))) {
        fits = true;
        break;
      }
    }
    --unions_;
    mismatch_ = report;
    return fits || wrong_type(index, written);
  }

  bool check_annotated(int index, const Typed& type) {
    if (!check(index, part(type, type.node->items[0]))) return false;
    if (lua_isnil(L_, index)) return true;
    for (const TypeAnnotation& annotation : type.node->annotations) {
      const char* text = violation(L_, index, annotation);
      if (text == nullptr) continue;
      if (mismatch_ != nullptr) *mismatch_ = {{}, text, {}, {}, text};
      return false;
    }
    return true;
  }

  bool check_keyof(int index, const Typed& written, const Typed& type) {
    const Typed record = resolve(part(type, type.node->items[0]), imports_);
    for (const TypeField& field : record.node->fields) {
      if (is_literal(index, field.name)) return true;
    }
    return wrong_type(index, written);
  }

  bool check_table(int index, const Typed& type) {
    if (value_depth_ >= kMaxValueDepth) return reject("value is nested too deeply");
    luaL_checkstack(L_, 10, "value is nested too deeply");
    const int top = lua_gettop(L_);
    push_contents(L_, index);
    const int table = lua_gettop(L_);
    ++value_depth_;
    bool fits = false;
    switch (type.node->kind) {
      case TypeKind::kArray:
        fits = check_array(table, type);
        break;
      case TypeKind::kMap:
        fits = check_map(table, type);
        break;
      case TypeKind::kTuple:
        fits = check_tuple(table, type);
        break;
      default:
        fits = check_record(table, type);
        break;
    }
    lua_settop(L_, top);
    --value_depth_;
    return fits;
  }

  bool in_element(lua_Integer index) {
    if (mismatch_ != nullptr)
      mismatch_->path = member_path('[' + std::to_string(index) + ']', mismatch_->path);
    return false;
  }

  bool check_array(int table, const Typed& type) {
    const Typed element = part(type, type.node->items[0]);
    const auto length = static_cast<lua_Integer>(lua_rawlen(L_, table));
    for (lua_Integer i = 1; i <= length; ++i) {
      if (lua_rawgeti(L_, table, i) != LUA_TNIL && !check(-1, element)) return in_element(i);
      lua_pop(L_, 1);
    }
    // Elements behind a hole, which the length need not cover.
    lua_pushnil(L_);
    while (lua_next(L_, table) != 0) {
      if (lua_isinteger(L_, -2)) {
        const lua_Integer i = lua_tointeger(L_, -2);
        if (i > length && !check(-1, element)) return in_element(i);
      }
      lua_pop(L_, 1);
    }
    return true;
  }

  bool check_map(int table, const Typed& type) {
    const Typed key = part(type, type.node->items[0]);
    const Typed value = part(type, type.node->items[1]);
    lua_pushnil(L_);
    while (lua_next(L_, table) != 0) {
      if (!check(-2, key)) {
        if (mismatch_ != nullptr) mismatch_->path = "[key]";
        return false;
      }
      if (!check(-1, value)) {
        if (mismatch_ != nullptr) mismatch_->path = member_path(key_text(-2), mismatch_->path);
        return false;
      }
      lua_pop(L_, 1);
    }
    return true;
  }

  std::string key_text(int index) {
    if (lua_type(L_, index) == LUA_TSTRING) {
      size_t length = 0;
      const char* text = lua_tolstring(L_, index, &length);
      return {text, length};
    }
    if (lua_type(L_, index) == LUA_TNUMBER) {
      lua_pushvalue(L_, index);  // converting the key itself would confuse lua_next
      const std::string text = lua_tostring(L_, -1);
      lua_pop(L_, 1);
      return '[' + text + ']';
    }
    if (lua_type(L_, index) == LUA_TBOOLEAN) return lua_toboolean(L_, index) ? "[true]" : "[false]";
    return std::string("[") + value_kind(L_, index) + ']';
  }

  bool check_tuple(int table, const Typed& type) {
    lua_Integer i = 0;
    for (const Type* item : type.node->items) {
      lua_rawgeti(L_, table, ++i);
      if (!check(-1, part(type, item))) return in_element(i);
      lua_pop(L_, 1);
    }
    return true;
  }

  bool check_record(int table, const Typed& type) {
    // Inside a union the fields that tell its members apart decide first, whatever the others cost.
    if (unions_ > 0) {
      for (const TypeField& field : type.node->fields) {
        if (field.type->kind == TypeKind::kLiteral && !check_field(table, type, field)) return false;
      }
    }
    for (const TypeField& field : type.node->fields) {
      if (!check_field(table, type, field)) return false;
    }
    return true;
  }

  bool check_field(int table, const Typed& type, const TypeField& field) {
    lua_pushlstring(L_, field.name.data(), field.name.size());
    const bool missing = lua_rawget(L_, table) == LUA_TNIL;
    const Typed field_type = part(type, field.type);
    if (!(missing && field.optional) && !check(-1, field_type)) {
      if (mismatch_ == nullptr) return false;
      if (missing && mismatch_->path.empty() && !mismatch_->expected.empty() && !mismatch_->got.empty()) {
        *mismatch_ = {{}, "required field missing", type_text(field_type, imports_), {}, {}};
      }
      mismatch_->path = member_path(field.name, mismatch_->path);
      return false;
    }
    lua_pop(L_, 1);
    return true;
  }

  lua_State* const L_;
  const Imports& imports_;
  TypeMismatch* mismatch_;
  int value_depth_ = 0;
  int type_depth_ = 0;
  int unions_ = 0;
  int union_steps_ = 0;
  bool hopeless_ = false;  // a limit was hit: no other member of a union is worth a try
};

}  // namespace

bool validate(lua_State* L, int index, const Typed& type, const Imports& imports, TypeMismatch* mismatch) {
  luaL_checkstack(L, 4, "too many values to validate");
  return Validator(L, imports, mismatch).check(lua_absindex(L, index), type);
}

const char* value_kind(lua_State* L, int index) {
  if (to_type(L, index) != nullptr) return "type";
  return lua_typename(L, lua_type(L, index));
}

}  // namespace trivium::lua
