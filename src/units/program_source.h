// An entry's program as text: all that is needed to compile it again, later and by another build of the
// runtime. Two programs with the same text are the same program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "lua/program.h"
#include "lua/sandbox/module.h"

namespace trivium::units {

struct SourceChunk {
  std::string alias;  // empty for the main chunk
  std::string id;
  std::string source;  // as written, with its types
};

struct ProgramSource {
  std::string method;
  std::vector<std::string> modules;    // names, sorted
  std::vector<SourceChunk> libraries;  // deepest first
  SourceChunk main;
};

// JSON, the same for equal programs.
std::string encode(const ProgramSource& source);
// Invalid: no such text, or one of a newer runtime.
Result<ProgramSource> decode_program_source(std::string_view text);

class ModuleSet;

// Invalid: it does not compile, or a workflow of this runtime may not use one of its modules.
Result<lua::ProgramRef> compile_workflow(const ProgramSource& source, const ModuleSet& modules);

}  // namespace trivium::units
