// ${…} in entry data, resolved when a handler decodes an entry:
//   ${env:NAME}, ${env:NAME|default}, ${NAME|default} (NAME in capitals), $${ for a literal ${.
// Everything else stays as written.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/value.h"

namespace trivium::app {

// The value of a registered variable, by public name or entry id (relative to `home`, the entry's
// namespace), its own default applied. Nothing when it is unknown, unset or empty. May block.
using VariableLookup =
    std::function<std::optional<std::string>(std::string_view name, std::string_view home)>;

struct Resolved {
  std::string text;
  bool whole = false;  // the placeholder was the entire string, so the text may become a number …
  Value typed;         // for fields without a type: the text, or what a typed default makes of it
};

inline bool has_placeholder(std::string_view text) { return text.find("${") != std::string_view::npos; }

// Invalid when a variable without default is not set. An empty `lookup` knows no variables.
Result<Resolved> resolve_placeholders(std::string_view text, std::string_view home,
                                      const VariableLookup& lookup);

// The variables that `text` refers to.
std::vector<std::string> placeholder_names(std::string_view text);

}  // namespace trivium::app
