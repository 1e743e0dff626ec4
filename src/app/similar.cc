#include "app/similar.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace trivium::app {
namespace {

// Edits to turn one into the other: insert, remove, replace, swap two neighbours.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string question(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = "did you mean ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text + "?";
}

}  // namespace

std::vector<std::string> similar_names(std::string_view wanted, const std::vector<std::string>& candidates,
                                       size_t limit) {
  const size_t allowed = std::max<size_t>(1, wanted.size() / 3);
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& candidate : candidates) {
    const size_t gap = candidate.size() > wanted.size() ? candidate.size() - wanted.size()
                                                        : wanted.size() - candidate.size();
    if (gap > allowed) continue;
    if (const size_t d = distance(wanted, candidate); d <= allowed) ranked.emplace_back(d, candidate);
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  std::vector<std::string> names;
  for (auto& [d, name] : ranked) {
    if (names.size() < limit) names.push_back(std::move(name));
  }
  return names;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates) {
  return question(similar_names(wanted, candidates));
}

std::string did_you_mean(const EntryId& wanted, const Snapshot& snapshot, std::string_view kind) {
  std::vector<std::string> same_name;
  std::vector<std::string> ids;
  for (const EntryPtr& entry : snapshot.all()) {
    const bool fits =
        kind.empty() || (kind.ends_with('.') ? entry->kind.starts_with(kind) : entry->kind == kind);
    if (!fits) continue;
    ids.push_back(entry->id.text());
    if (entry->id.name == wanted.name && same_name.size() < 3) same_name.push_back(ids.back());
  }
  return same_name.empty() ? did_you_mean(wanted.text(), ids) : question(same_name);
}

}  // namespace trivium::app
