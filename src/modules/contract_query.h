// The query of a binding's id, "app:greeter?locale=en&n=3": values of the instance's scope.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium::lua {

struct BindingId {
  std::string id;
  Object scope;
};

// Numbers, true and false become what they look like, everything else stays text. Invalid: the query has an
// escape that is none.
Result<BindingId> parse_binding_id(std::string_view text);

}  // namespace trivium::lua
