// Asks the processor for memory that will be used soon, so that it is in the cache by then. Only an advice:
// nothing is read, and the address may be anything.
#pragma once

#include <cstddef>

namespace trivium {

inline constexpr size_t cache_line = 64;

inline void fetch(const void* address, size_t size) noexcept {
  const auto* const begin = static_cast<const char*>(address);
  for (size_t at = 0; at < size; at += cache_line) __builtin_prefetch(begin + at);
  // To the compiler a function that only advises does nothing, and its callers need not call it.
  asm volatile("");
}

}  // namespace trivium
