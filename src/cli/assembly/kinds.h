#pragma once

#include "app/kinds.h"

namespace trivium::cli {

// The kinds of entries this runtime carries out, with the checks that find their mistakes.
const app::Kinds& runtime_kinds();

}  // namespace trivium::cli
