// The soft memory limit of --memory-limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trivium::cli {

// Bytes: an integer with an optional suffix K, M, G or T (powers of 1024) and an optional B or iB.
std::optional<uint64_t> parse_size(std::string_view text);

// The first of `flag` and `environment` ($GOMEMLIMIT) that can be read; 0: neither.
uint64_t memory_limit(std::string_view flag, std::string_view environment);

}  // namespace trivium::cli
