#include "app/pipeline.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "app/link.h"
#include "app/similar.h"

namespace trivium::app {
namespace {

void override_entries(std::vector<Entry>& entries, const std::vector<Override>& overrides,
                      const std::set<EntryId>& disabled, Problems& problems) {
  if (overrides.empty()) return;
  std::unordered_map<EntryId, Entry*> by_id;
  for (Entry& entry : entries) by_id.emplace(entry.id, &entry);
  for (const Override& override : overrides) {
    auto found = by_id.find(override.id);
    if (found == by_id.end()) {
      if (disabled.contains(override.id)) continue;
      std::vector<std::string> ids;
      ids.reserve(entries.size());
      for (const Entry& entry : entries) ids.push_back(entry.id.text());
      problems.add(override.place,
                   "override " + override.id.text() + ":" + override.path + ": there is no entry " +
                       override.id.text(),
                   did_you_mean(override.id.text(), ids));
    } else if (auto set = apply_override(*found->second, override); !set) {
      problems.add(override.place,
                   "override " + override.id.text() + ":" + override.path + ": " + set.error().message);
    }
  }
}

}  // namespace

bool DisableRules::matches(const Entry& entry) const {
  for (const std::string& pattern : namespaces) {
    if (matches_pattern(pattern, entry.id.ns)) return true;
  }
  for (const EntryPattern& pattern : entries) {
    if (pattern.matches(entry.id)) return true;
  }
  for (const auto& [field, values] : meta) {
    const Value* value = entry.meta.find_path(field);
    if (value == nullptr || !value->is_string()) continue;
    if (std::find(values.begin(), values.end(), value->as_string()) != values.end()) return true;
  }
  return false;
}

std::vector<Entry> run_pipeline(std::vector<Entry> entries, const PipelineOptions& options, const Log& log,
                                Problems& problems) {
  const size_t before = problems.size();
  override_entries(entries, options.overrides, {}, problems);
  const bool sound = problems.size() == before;

  std::set<EntryId> disabled;
  for (const Entry& entry : entries) {
    if (options.disable.matches(entry)) disabled.insert(entry.id);
  }
  std::erase_if(entries, [&](const Entry& entry) { return disabled.contains(entry.id); });

  link_entries(entries, log, problems);

  // Explicit overrides beat linked values. A mistake would only be found a second time.
  if (sound) override_entries(entries, options.overrides, disabled, problems);
  return entries;
}

}  // namespace trivium::app
