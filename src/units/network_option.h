// The option `network` of calls and spawns: the outbound network of what is called.
#pragma once

#include "core/error.h"
#include "core/value.h"

namespace trivium::units {

// This runtime has no networks, so whatever the option names is not there. Null, or the empty text: none is
// named.
inline Result<> find_network(const Value* option) {
  if (option == nullptr || !option->is_string() || option->as_string().empty()) return {};
  return fail(kind::not_found, "network: service not found");
}

}  // namespace trivium::units
