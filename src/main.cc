#include "app/always_there.h"
#include "cli/assembly/kinds.h"
#include "cli/assembly/modules.h"
#include "cli/program.h"
#include "units/programs.h"

namespace {

trivium::cli::Supported supported() {
  trivium::cli::Supported all;
  all.kinds = &trivium::cli::runtime_kinds();
  const trivium::units::ModuleSet& modules = trivium::cli::runtime_modules();
  for (std::string& name : modules.names()) {
    if (modules.find(name)->workflow) all.workflow_modules.insert(name);
    all.modules.insert(std::move(name));
  }
  for (const std::string_view name : trivium::app::names_always_there()) {
    all.modules.emplace(name);
    all.workflow_modules.emplace(name);
  }
  all.check_program = trivium::units::Programs::check;
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return trivium::cli::run_program(argc, argv, {.make = trivium::cli::make_runtime, .supported = supported});
}
