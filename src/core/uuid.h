// UUIDs of RFC 9562. Everything here is pure: time and randomness are arguments.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium {

class Uuid {
 public:
  using Bytes = std::array<uint8_t, 16>;

  enum class Style { standard, simple, urn };

  // The nil UUID.
  Uuid() = default;
  explicit Uuid(const Bytes& bytes) : bytes_(bytes) {}

  // Accepts the dashed form, alone, in braces or behind "urn:uuid:", and 32 digits; any case.
  static std::optional<Uuid> parse(std::string_view text);

  // Time based. `unix_ns` is counted in steps of 100 ns; 14 bits of `sequence` and 6 bytes of `node` are
  // used. A random node has its lowest bit of the first byte set (it is no network card).
  static Uuid v1(int64_t unix_ns, uint16_t sequence, const std::array<uint8_t, 6>& node);
  // Name based, by MD5 and SHA-1. Fails with kind Internal when the digest is not available.
  static Result<Uuid> v3(const Uuid& space, std::string_view name);
  static Result<Uuid> v5(const Uuid& space, std::string_view name);
  static Uuid v4(const Bytes& random);
  // Milliseconds since the Unix epoch, then the fraction of the millisecond in 12 bits, so that UUIDs of
  // one millisecond sort by time too. Only the last 8 bytes of `random` are used.
  static Uuid v7(int64_t unix_ns, const Bytes& random);

  int version() const { return bytes_[6] >> 4; }
  // "RFC4122", "Microsoft", "Future", or "Reserved" for the oldest.
  std::string_view variant() const;
  // Seconds since the Unix epoch of a v1 or v7.
  std::optional<int64_t> unix_seconds() const;
  // The six bytes of a v1's node.
  std::optional<std::string> node() const;

  std::string text(Style style = Style::standard) const;
  const Bytes& bytes() const { return bytes_; }

  bool operator==(const Uuid&) const = default;

 private:
  Bytes bytes_{};
};

}  // namespace trivium
