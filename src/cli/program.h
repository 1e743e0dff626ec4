// The whole command line program: everything main() does.
#pragma once

#include "cli/runtime.h"

namespace trivium::cli {

// Parses the arguments, carries the command out and returns the exit status of the program. The
// factory is what `run` and `test` start; other commands never call it.
int run_program(int argc, char** argv, const RuntimeFactory& make_runtime);

}  // namespace trivium::cli
