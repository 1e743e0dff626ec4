// Text of random characters: passwords, tokens, codes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace trivium {

// `count` bytes of `charset`, which must not be empty; all are equally likely.
std::string random_text(Random& random, size_t count, std::string_view charset);

}  // namespace trivium
