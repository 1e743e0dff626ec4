// Base64 with the standard alphabet and padding, and the kind for URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trivium::base64 {

std::string encode(std::string_view bytes);

// Line ends are ignored. Nothing when there is any other foreign character or the padding is not right.
std::optional<std::string> decode(std::string_view text);

// With - and _ in place of + and /, without padding (RFC 7515). Only what encode_url writes is decoded, so
// that no two texts mean the same bytes.
std::string encode_url(std::string_view bytes);
std::optional<std::string> decode_url(std::string_view text);

}  // namespace trivium::base64
