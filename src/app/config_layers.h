// The layers of a configuration while they are put together: leaves by section and dotted key.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.h"
#include "app/document.h"

namespace trivium::app {

using ConfigSection = std::map<std::string, Setting, std::less<>>;
using ConfigSections = std::map<std::string, ConfigSection, std::less<>>;

struct ConfigFile {
  ConfigSections sections;
  std::map<std::string, ConfigSections, std::less<>> profiles;
};

// One file: version checked, ${env:NAME} replaced, sections flattened.
ConfigFile parse_config(std::string_view text, const std::string& shown,
                        const std::function<std::optional<std::string>(const std::string&)>& environment,
                        Problems& problems);

// Later leaves win. A leaf replaces the leaves below its key and those its key lies below.
void overlay(ConfigSections& base, const ConfigSections& above);

// The same for a profile, whose section `disable` may add to and remove from the inherited lists.
void overlay_profile(ConfigSections& base, const ConfigSections& profile);

// Replaces ${name} by the section `vars` in every string of every other section.
void substitute_vars(ConfigSections& sections, Problems& problems);

}  // namespace trivium::app
