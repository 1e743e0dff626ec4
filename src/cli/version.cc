#include "cli/version.h"

namespace trivium::cli {

std::string_view version() { return TRIVIUM_VERSION; }

}  // namespace trivium::cli
