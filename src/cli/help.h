// The texts of --help.
#pragma once

#include <string>
#include <string_view>

namespace trivium::cli {

// `topic` is a command ("run", "registry list") or empty for the overview. Ends with a newline.
std::string help_text(std::string_view topic);

}  // namespace trivium::cli
