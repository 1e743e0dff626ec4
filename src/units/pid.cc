#include "units/pid.h"

#include <charconv>

namespace trivium::units {

bool looks_like_pid(std::string_view text) {
  return text.size() >= 3 && text.front() == '{' && text.back() == '}' &&
         text.find('|') != std::string_view::npos;
}

std::optional<PidText> parse_pid(std::string_view text) {
  if (!looks_like_pid(text)) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  PidText pid;
  // With more than two segments the first and the last count.
  pid.host = text.substr(0, text.find('|'));
  pid.id = text.substr(text.rfind('|') + 1);
  if (const size_t at = pid.host.find('@'); at != std::string_view::npos) {
    pid.node = pid.host.substr(0, at);
    pid.host.remove_prefix(at + 1);
  }
  return pid;
}

std::optional<PlainPid> parse_plain_pid(std::string_view text) {
  if (text.size() < 6 || text.front() != '{' || text.back() != '}') return std::nullopt;
  uint64_t serial = 0;
  size_t at = text.size() - 2;
  for (int shift = 0; text[at] != 'x'; --at, shift += 4) {
    const char c = text[at];
    if (shift >= 64 || at < 4) return std::nullopt;
    if (c >= '0' && c <= '9') {
      serial |= static_cast<uint64_t>(c - '0') << shift;
    } else if (c >= 'a' && c <= 'f') {
      serial |= static_cast<uint64_t>(c - 'a' + 10) << shift;
    } else {
      return std::nullopt;
    }
  }
  if (at < 3 || text[at - 1] != '0' || text[at - 2] != '|') return std::nullopt;
  return PlainPid{text.substr(1, at - 3), serial};
}

std::optional<uint64_t> PidText::serial() const {
  if (!id.starts_with("0x")) return std::nullopt;
  uint64_t value = 0;
  const auto done = std::from_chars(id.data() + 2, id.data() + id.size(), value, 16);
  if (done.ec != std::errc() || done.ptr != id.data() + id.size()) return std::nullopt;
  return value;
}

std::string format_pid(std::string_view host, uint64_t serial) {
  char digits[16];
  const auto done = std::to_chars(digits, digits + sizeof digits, serial, 16);
  const auto count = static_cast<size_t>(done.ptr - digits);
  const size_t width = count <= 5 ? 5 : count <= 6 ? 6 : count <= 8 ? 8 : 16;
  std::string text;
  text.reserve(host.size() + width + 5);
  text.append("{").append(host).append("|0x").append(width - count, '0').append(digits, count).append("}");
  return text;
}

}  // namespace trivium::units
