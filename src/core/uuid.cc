#include "core/uuid.h"

#include <algorithm>

#include "core/digest.h"

namespace trivium {
namespace {

// Version 1 counts from the start of the Gregorian calendar, in steps of 100 ns.
constexpr int64_t gregorian_steps = 0x01B21DD213814000;
constexpr int64_t steps_per_second = 10000000;

constexpr size_t dashed_size = 36;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_place(size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

bool is_urn(std::string_view prefix) {
  constexpr std::string_view urn = "urn:uuid:";
  return std::equal(prefix.begin(), prefix.end(), urn.begin(), urn.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

Uuid stamped(Uuid::Bytes bytes, int version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  return Uuid(bytes);
}

Result<Uuid> from_name(Digest algorithm, int version, const Uuid& space, std::string_view name) {
  std::string text(space.bytes().begin(), space.bytes().end());
  const auto sum = digest(algorithm, text.append(name));
  if (!sum) return fail(sum.error());
  Uuid::Bytes bytes;
  std::copy_n(sum->begin(), bytes.size(), bytes.begin());
  return stamped(bytes, version);
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() == dashed_size + 9 && is_urn(text.substr(0, 9))) {
    text.remove_prefix(9);
  } else if (text.size() == dashed_size + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, dashed_size);
  }
  if (text.size() != dashed_size && text.size() != 32) return std::nullopt;
  const bool dashed = text.size() == dashed_size;
  Bytes bytes;
  size_t at = 0;
  for (uint8_t& byte : bytes) {
    if (dashed && is_dash_place(at) && text[at++] != '-') return std::nullopt;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<uint8_t>(high << 4 | low);
    at += 2;
  }
  return Uuid(bytes);
}

Uuid Uuid::v1(int64_t unix_ns, uint16_t sequence, const std::array<uint8_t, 6>& node) {
  const auto steps = static_cast<uint64_t>(unix_ns / 100 + gregorian_steps);
  Bytes bytes;
  const auto put = [&](size_t at, size_t count, uint64_t number) {
    for (size_t i = count; i-- > 0; number >>= 8) bytes[at + i] = static_cast<uint8_t>(number);
  };
  put(0, 4, steps);
  put(4, 2, steps >> 32);
  put(6, 2, steps >> 48);
  put(8, 2, sequence);
  std::copy(node.begin(), node.end(), bytes.begin() + 10);
  return stamped(bytes, 1);
}

Result<Uuid> Uuid::v3(const Uuid& space, std::string_view name) {
  return from_name(Digest::md5, 3, space, name);
}
Result<Uuid> Uuid::v5(const Uuid& space, std::string_view name) {
  return from_name(Digest::sha1, 5, space, name);
}

Uuid Uuid::v4(const Bytes& random) { return stamped(random, 4); }

Uuid Uuid::v7(int64_t unix_ns, const Bytes& random) {
  constexpr int64_t ns_per_ms = 1000000;
  Bytes bytes = random;
  auto ms = static_cast<uint64_t>(unix_ns / ns_per_ms);
  for (size_t i = 6; i-- > 0; ms >>= 8) bytes[i] = static_cast<uint8_t>(ms);
  const auto fraction = static_cast<uint64_t>(unix_ns % ns_per_ms * 4096 / ns_per_ms);
  bytes[6] = static_cast<uint8_t>(fraction >> 8);
  bytes[7] = static_cast<uint8_t>(fraction);
  return stamped(bytes, 7);
}

std::string_view Uuid::variant() const {
  if ((bytes_[8] & 0x80) == 0) return "Reserved";
  if ((bytes_[8] & 0xC0) == 0x80) return "RFC4122";
  return (bytes_[8] & 0xE0) == 0xC0 ? "Microsoft" : "Future";
}

std::optional<int64_t> Uuid::unix_seconds() const {
  const auto get = [&](size_t at, size_t count) {
    int64_t number = 0;
    for (size_t i = 0; i < count; ++i) number = number << 8 | bytes_[at + i];
    return number;
  };
  if (version() == 7) return get(0, 6) / 1000;
  if (version() != 1) return std::nullopt;
  const int64_t steps = ((get(6, 2) & 0x0FFF) << 48 | get(4, 2) << 32 | get(0, 4)) - gregorian_steps;
  const int64_t rest = steps % steps_per_second;
  return steps / steps_per_second - (rest < 0 ? 1 : 0);
}

std::optional<std::string> Uuid::node() const {
  if (version() != 1) return std::nullopt;
  return std::string(bytes_.begin() + 10, bytes_.end());
}

std::string Uuid::text(Style style) const {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  if (style == Style::urn) out = "urn:uuid:";
  for (size_t i = 0; i < bytes_.size(); ++i) {
    if (style != Style::simple && (i == 4 || i == 6 || i == 8 || i == 10)) out += '-';
    out += hex[bytes_[i] >> 4];
    out += hex[bytes_[i] & 15];
  }
  return out;
}

}  // namespace trivium
