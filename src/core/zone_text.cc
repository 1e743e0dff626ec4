#include "core/zone_text.h"

namespace trivium {
namespace {

// "+3", "-11": sign and hours, at most 23. Returns the length, or 0.
size_t hour_offset(std::string_view text, int* hours) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return 0;
  int number = 0;
  size_t end = 1;
  for (; end < text.size() && text[end] >= '0' && text[end] <= '9'; ++end) {
    number = number * 10 + (text[end] - '0');
    if (number > 23) return 0;
  }
  if (end == 1) return 0;
  *hours = text.front() == '-' ? -number : number;
  return end;
}

}  // namespace

size_t abbreviation_length(std::string_view text) {
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  int hours = 0;
  if (text.starts_with("GMT")) return 3 + hour_offset(text.substr(3), &hours);
  if (text.front() == '+' || text.front() == '-') return hour_offset(text, &hours);
  size_t capitals = 0;
  while (capitals < text.size() && capitals < 6 && text[capitals] >= 'A' && text[capitals] <= 'Z') ++capitals;
  switch (capitals) {
    case 3:
      return 3;
    case 4:
      return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
    case 5:
      return text[4] == 'T' ? 5 : 0;
    default:
      return 0;
  }
}

int offset_of_gmt_name(std::string_view abbreviation) {
  int hours = 0;
  if (abbreviation.starts_with("GMT")) hour_offset(abbreviation.substr(3), &hours);
  return hours * 3600;
}

}  // namespace trivium
