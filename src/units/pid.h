// PIDs as text: {host|0x0001f}, or {node@host|id} for units of a provider (workflows).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trivium::units {

struct PidText {
  std::string_view node;  // empty: this runtime
  std::string_view host;
  std::string_view id;  // "0x0001f", or a workflow id

  // The serial of a local process; nothing when the id is no number.
  std::optional<uint64_t> serial() const;
};

// Whether the text has the shape of a PID; anything else is a registered name.
bool looks_like_pid(std::string_view text);

// Parts of a PID; they refer to `text`. Nothing when it does not look like one.
std::optional<PidText> parse_pid(std::string_view text);

// The same of "{host|0x…}" as this runtime writes it, quickly. Nothing for other texts, whatever they mean.
struct PlainPid {
  std::string_view host;
  uint64_t serial;
};
std::optional<PlainPid> parse_plain_pid(std::string_view text);

std::string format_pid(std::string_view host, uint64_t serial);

}  // namespace trivium::units
