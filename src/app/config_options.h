// The configuration keys the runtime knows, with their types.
#pragma once

#include "app/config_layers.h"

namespace trivium::app {

// Notes values of the wrong type. Unknown sections and keys are left alone.
void check_option_types(const ConfigSections& sections, Problems& problems);

}  // namespace trivium::app
