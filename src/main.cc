#include "cli/assembly/kinds.h"
#include "cli/assembly/modules.h"
#include "cli/program.h"
#include "units/programs.h"

namespace {

trivium::cli::Supported supported() {
  trivium::cli::Supported all{&trivium::cli::runtime_kinds(), {}};
  for (std::string& name : trivium::cli::runtime_modules().names()) all.modules.insert(std::move(name));
  for (const std::string_view name : trivium::units::Programs::ambient_names()) all.modules.emplace(name);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return trivium::cli::run_program(argc, argv, {.make = trivium::cli::make_runtime, .supported = supported});
}
