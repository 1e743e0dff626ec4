#include "cli/memory_limit.h"

#include <cctype>
#include <charconv>

namespace trivium::cli {

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  int shift = 0;
  if (!text.empty()) {
    const size_t power = std::string_view("KMGT").find(static_cast<char>(std::toupper(text.front())));
    if (power != std::string_view::npos) {
      shift = 10 * (static_cast<int>(power) + 1);
      text.remove_prefix(1);
    }
  }
  if (shift > 0 && text.size() == 2 && text.front() == 'i') text.remove_prefix(1);
  if (!text.empty() && text != "B" && text != "b") return std::nullopt;
  if (number > UINT64_MAX >> shift) return std::nullopt;
  return number << shift;
}

uint64_t memory_limit(std::string_view flag, std::string_view environment) {
  if (const auto size = parse_size(flag)) return *size;
  if (const auto size = parse_size(environment)) return *size;
  return 0;
}

}  // namespace trivium::cli
