#pragma once

#include <string_view>

namespace trivium::cli {

// Of the project, as CMake knows it: "0.1.0".
std::string_view version();

}  // namespace trivium::cli
