#include "cli/exit_report.h"

#include <cmath>
#include <cstdint>

namespace trivium::cli {
namespace {

// The operating system keeps the low 8 bits.
int low_bits(int64_t number) {
  if (number < INT32_MIN || number > INT32_MAX) return 1;
  return static_cast<int>(number & 0xff);
}

int status_of(double number) {
  const double whole = std::trunc(number);
  if (!(whole >= INT32_MIN && whole <= INT32_MAX)) return 1;  // NaN too
  return low_bits(static_cast<int64_t>(whole));
}

}  // namespace

std::string without_doubled_prefix(std::string text) {
  for (size_t at = text.find(": "); at != std::string::npos; at = text.find(": ", at + 2)) {
    const size_t length = at + 2;
    if (text.compare(length, length, text, 0, length) == 0) return text.substr(length);
  }
  return text;
}

ExitReport exit_report(const TerminalResult& result) {
  if (result.failure) return {1, {}, without_doubled_prefix(*result.failure) + "\n"};
  const Value& value = result.value;
  if (value.is_string() && !value.as_string().empty()) return {0, value.as_string() + "\n", {}};
  if (value.is_int()) return {low_bits(value.as_int()), {}, {}};
  if (value.is_double()) return {status_of(value.as_double()), {}, {}};
  if (value.is_bool()) return {value.as_bool() ? 0 : 1, {}, {}};
  return {};
}

}  // namespace trivium::cli
