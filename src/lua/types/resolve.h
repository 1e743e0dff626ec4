// What a type means: names, parameters and imports followed until a structural type is reached.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lua/types/type.h"

namespace trivium::lua {

struct TypeArguments;

// A node and the arguments its kParam nodes stand for (null outside generics). The node's TypeSet
// must outlive it.
struct Typed {
  const Type* node = nullptr;
  std::shared_ptr<const TypeArguments> arguments;
};

struct TypeArguments {
  std::vector<Typed> list;
};

// The chunks of one VM, by the name they are required under.
class Imports {
 public:
  virtual ~Imports() = default;
  // Null when no such chunk declares types.
  virtual const TypeSet* find(std::string_view module) const = 0;

 private:
  friend Typed resolve(const Typed& type, const Imports& imports);
  // Types that reach themselves through their own conditions or indices make resolve() recurse.
  mutable int nesting_ = 0;
};

// A node is structural when it is none of kRef (unless generic), kImport, kInstance, kParam, kIndex,
// kConditional. A name that cannot be followed is returned as it stands.
Typed resolve(const Typed& type, const Imports& imports);

// A part of `type`, seen with the same arguments.
inline Typed part(const Typed& type, const Type* node) { return {node, type.arguments}; }

// Whether a resolved node is a generic declaration still waiting for its arguments.
bool is_generic(const Type& node);

// The declaration a node names directly; null for any other node.
const TypeDeclaration* declaration_of(const Type& node, const Imports& imports);

// Alias, interface or primitive name; empty when the type has none.
std::string type_name(const Typed& type);

// The type as messages show it: its name, or its structure.
std::string type_text(const Typed& type, const Imports& imports);

}  // namespace trivium::lua
