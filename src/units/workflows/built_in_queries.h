// What every workflow answers, whatever its code.
#pragma once

#include <optional>
#include <string_view>

#include "lua/command.h"
#include "units/workflows/run_info.h"

namespace trivium::units::workflows {

bool is_built_in_query(std::string_view name);
// Nothing for any other name.
std::optional<lua::Reply> answer_built_in(const RunInfo& info, std::string_view name);

}  // namespace trivium::units::workflows
