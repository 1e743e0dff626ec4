// Suggestions for misspelt names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/registry.h"
#include "core/entry_id.h"

namespace trivium::app {

// The candidates that look most like `wanted`, best first, at most `limit`; none when all differ
// too much to be what was meant.
std::vector<std::string> similar_names(std::string_view wanted, const std::vector<std::string>& candidates,
                                       size_t limit = 3);

// "did you mean a, b or c?", or empty.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& candidates);

// The same over the ids of a snapshot; the same name in another namespace counts as similar.
// `kind` narrows the candidates ("process.", "env.variable"); empty takes all.
std::string did_you_mean(const EntryId& wanted, const Snapshot& snapshot, std::string_view kind = {});

}  // namespace trivium::app
