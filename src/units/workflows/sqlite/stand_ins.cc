#include "units/workflows/sqlite/stand_ins.h"

#include <algorithm>
#include <charconv>

namespace trivium::units::workflows {
namespace {

// Also takes the separator that follows.
int64_t take_number(std::string_view& text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [after, problem] = std::from_chars(text.data(), end, number);
  text.remove_prefix(std::min(static_cast<size_t>(after - text.data()) + 1, text.size()));
  return number;
}

}  // namespace

StandIns StandIns::of(std::string_view text) {
  StandIns found;
  while (!text.empty()) {
    const int64_t row = take_number(text);
    found.add({row, take_number(text)});
  }
  return found;
}

std::string StandIns::text() const {
  std::string text;
  for (const StandIn& stand_in : all_) {
    if (!text.empty()) text += ' ';
    text += std::to_string(stand_in.row) + ":" + std::to_string(stand_in.activity);
  }
  return text;
}

int64_t StandIns::row_of(int64_t activity) const {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const StandIn& stand_in) { return stand_in.activity == activity; });
  return at == all_.end() ? 0 : at->row;
}

void StandIns::remove(int64_t activity) {
  std::erase_if(all_, [&](const StandIn& stand_in) { return stand_in.activity == activity; });
}

}  // namespace trivium::units::workflows
