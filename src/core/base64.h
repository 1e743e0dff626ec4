// Base64 with the standard alphabet and padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trivium::base64 {

std::string encode(std::string_view bytes);

// Line ends are ignored. Nothing when there is any other foreign character or the padding is not right.
std::optional<std::string> decode(std::string_view text);

}  // namespace trivium::base64
