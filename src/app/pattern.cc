#include "app/pattern.h"

#include <span>
#include <vector>

namespace trivium::app {
namespace {

std::vector<std::string_view> segments(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

bool matches_segment(std::string_view pattern, std::string_view segment) {
  if (pattern == "*") return true;
  if (!pattern.starts_with('(') || !pattern.ends_with(')')) return pattern == segment;
  std::string_view choices = pattern.substr(1, pattern.size() - 2);
  while (true) {
    const size_t bar = choices.find('|');
    if (choices.substr(0, bar) == segment) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

bool matches(std::span<const std::string_view> pattern, std::span<const std::string_view> subject) {
  if (pattern.empty()) return subject.empty();
  if (pattern.front() == "**") {
    for (size_t skip = 0; skip <= subject.size(); ++skip) {
      if (matches(pattern.subspan(1), subject.subspan(skip))) return true;
    }
    return false;
  }
  return !subject.empty() && matches_segment(pattern.front(), subject.front()) &&
         matches(pattern.subspan(1), subject.subspan(1));
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view subject) {
  const auto pattern_parts = segments(pattern);
  const auto subject_parts = segments(subject);
  return matches(pattern_parts, subject_parts);
}

Result<EntryPattern> EntryPattern::parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    return fail(kind::invalid, "invalid entry pattern \"" + std::string(text) + "\"");
  }
  return EntryPattern{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace trivium::app
