#include "core/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace trivium::base64 {
namespace {

// The library counts in int; whole groups can be converted apart.
constexpr size_t groups_at_once = size_t{1} << 24;

bool in_alphabet(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text, size_t at) {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}

}  // namespace

std::string encode(std::string_view bytes) {
  // One more for the NUL that the library writes.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  size_t at = 0;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, groups_at_once * 3);
    at += static_cast<size_t>(
        EVP_EncodeBlock(bytes_of(text, at), bytes_of(part), static_cast<int>(part.size())));
    bytes.remove_prefix(part.size());
  }
  text.resize(at);
  return text;
}

std::optional<std::string> decode(std::string_view text) {
  std::string letters;
  letters.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(letters),
               [](char c) { return c != '\r' && c != '\n'; });
  if (letters.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < letters.size() && letters[letters.size() - 1 - padding] == '=') ++padding;
  if (!std::all_of(letters.begin(), letters.end() - static_cast<std::ptrdiff_t>(padding), in_alphabet)) {
    return std::nullopt;
  }
  std::string bytes(letters.size() / 4 * 3, '\0');
  size_t at = 0;
  for (std::string_view rest = letters; !rest.empty();) {
    const std::string_view part = rest.substr(0, groups_at_once * 4);
    const int count = EVP_DecodeBlock(bytes_of(bytes, at), bytes_of(part), static_cast<int>(part.size()));
    if (count < 0) return std::nullopt;
    at += static_cast<size_t>(count);
    rest.remove_prefix(part.size());
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string encode_url(std::string_view bytes) {
  std::string text = encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> decode_url(std::string_view text) {
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - text.size() % 4) % 4, '=');
  std::optional<std::string> bytes = decode(standard);
  // Line ends, the standard alphabet and loose bits at the end.
  if (bytes && encode_url(*bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace trivium::base64
