// Types as they exist at run time: immutable descriptors built once per program and shared by every
// VM and thread that runs it.
//
// A Type is one node; a Ref or Instance node names a Declaration of the same set, an Import node one
// of another chunk, found when it is first needed through the VM (resolve.h).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace re2 {
class RE2;
}

namespace trivium::lua {

struct Type;
struct TypeDeclaration;

enum class TypeKind : uint8_t {
  kNil,
  kBoolean,
  kNumber,
  kInteger,
  kString,
  kAny,
  kUnknown,
  kNever,
  kSelf,
  kTable,     // any table
  kUserdata,  // an object of the host: error, Channel, process.Message
  kHostData,  // data of the host that may be an object or a table: process.Event
  kLiteral,
  kOptional,
  kUnion,
  kIntersection,
  kTuple,
  kFunction,
  kArray,
  kMap,
  kRecord,
  kInterface,
  kAnnotated,    // items[0] and then the annotations
  kParam,        // parameter `index` of the enclosing generic declaration
  kRef,          // `declaration`; uninstantiated when that is generic
  kImport,       // `name` of `module`
  kInstance,     // items applied to `declaration`, or to module.name when that is null
  kKeyof,        // items[0]
  kIndex,        // items[0][items[1]]
  kConditional,  // items[0] extends items[1] ? items[2] : items[3]
  kUnresolved,   // a name nobody declares
};

using Literal = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct TypeField {
  std::string name;  // parameters of functions may have none
  const Type* type = nullptr;
  bool optional = false;
};

// A regular expression that is compiled by the first value it is asked about. Thread-safe.
class LazyPattern {
 public:
  LazyPattern();
  ~LazyPattern();
  // Null when `pattern` is no regular expression.
  const re2::RE2* get(const std::string& pattern) const;

 private:
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> compiled_;
};

struct TypeAnnotation {
  std::string name;
  std::vector<Literal> args;  // monostate for what is no literal
  std::unique_ptr<LazyPattern> pattern;
};

struct Type {
  explicit Type(TypeKind k) : kind(k) {}

  TypeKind kind;
  bool readonly = false;
  bool variadic = false;  // functions
  uint32_t index = 0;
  std::string name;
  std::string module;
  Literal literal;
  const TypeDeclaration* declaration = nullptr;
  std::vector<const Type*> items;    // members, element, key and value, arguments
  std::vector<const Type*> results;  // of functions
  std::vector<TypeField> fields;     // of records, interfaces; parameters of functions
  std::vector<TypeAnnotation> annotations;
};

struct TypeParameter {
  std::string name;
  const Type* constraint = nullptr;
};

struct TypeDeclaration {
  std::string name;
  std::vector<TypeParameter> params;
  const Type* body = nullptr;
  const Type* ref = nullptr;       // a kRef node for this declaration
  const Type* instance = nullptr;  // of generics: a kInstance node whose arguments are their own parameters
};

// The types of one program. Nodes never move, so pointers to them are good for the set's lifetime.
class TypeSet {
 public:
  Type* make(TypeKind kind) { return &types_.emplace_back(kind); }
  TypeDeclaration* declare(std::string name);
  // Makes a declaration visible to importers; of several with one name the last counts.
  void expose(const TypeDeclaration* declaration) { exposed_.push_back(declaration); }
  // What the chunk's type value number `slots().size()` is.
  void add_slot(const Type* type) { slots_.push_back(type); }

  const std::vector<const Type*>& slots() const { return slots_; }
  const TypeDeclaration* find(std::string_view name) const;

 private:
  std::deque<Type> types_;
  std::deque<TypeDeclaration> declarations_;
  std::vector<const TypeDeclaration*> exposed_;
  std::vector<const Type*> slots_;
};

// The shared node of a builtin name (nil boolean bool number integer int string table any unknown never
// error self Channel); null for any other.
const Type* builtin_type(std::string_view name);

// The node of a type that host module `module` contributes; null when it has none of that name.
const Type* host_type(std::string_view module, std::string_view name);

}  // namespace trivium::lua
