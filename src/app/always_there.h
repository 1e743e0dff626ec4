// The names that every program finds without declaring them.
#pragma once

#include <span>
#include <string_view>

namespace trivium::app {

// Globals and libraries, sorted. Declaring one under `modules` is harmless.
std::span<const std::string_view> names_always_there();
bool always_there(std::string_view name);

}  // namespace trivium::app
