// ns.requirement and ns.dependency: values that modules ask for, injected into their entries.
#pragma once

#include <vector>

#include "app/entry.h"
#include "core/log.h"

namespace trivium::app {

// Sets the value of every requirement at its targets. Undecodable entries go to `problems`;
// requirements that cannot be met are logged as warnings.
void link_entries(std::vector<Entry>& entries, const Log& log, Problems& problems);

// Notes in the log every ns.dependency whose component is not in `installed` (org/module), and
// returns those components.
std::vector<std::string> missing_modules(const std::vector<Entry>& entries,
                                         const std::vector<std::string>& installed, const Log& log);

}  // namespace trivium::app
