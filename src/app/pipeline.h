// What happens to entries between loading and the registry: override, disable, link, override.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/entry.h"
#include "app/override.h"
#include "app/pattern.h"
#include "core/log.h"

namespace trivium::app {

struct DisableRules {
  std::vector<std::string> namespaces;  // patterns (app/pattern.h)
  std::vector<EntryPattern> entries;
  // Entries whose string meta field equals one of the values.
  std::vector<std::pair<std::string, std::vector<std::string>>> meta;

  bool matches(const Entry& entry) const;
};

struct PipelineOptions {
  std::vector<Override> overrides;
  DisableRules disable;
};

// Overrides of entries that do not exist and undecodable ns.* entries are mistakes. Requirements
// without a value are warnings, as modules may be used without them.
std::vector<Entry> run_pipeline(std::vector<Entry> entries, const PipelineOptions& options, const Log& log,
                                Problems& problems);

}  // namespace trivium::app
