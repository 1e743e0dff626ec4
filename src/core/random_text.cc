#include "core/random_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace trivium {

std::string random_text(Random& random, size_t count, std::string_view charset) {
  const uint64_t choices = charset.size();
  constexpr uint64_t numbers = uint64_t{1} << 32;
  // Beyond, the first characters would get one number more than the last.
  const uint64_t limit = numbers - numbers % choices;
  std::string text;
  text.reserve(count);
  std::array<uint32_t, 256> drawn;
  while (text.size() < count) {
    const size_t wanted = std::min(count - text.size(), drawn.size());
    random.secure_bytes(drawn.data(), wanted * sizeof drawn[0]);
    for (size_t i = 0; i < wanted; ++i) {
      if (drawn[i] < limit) text += charset[drawn[i] % choices];
    }
  }
  return text;
}

}  // namespace trivium
