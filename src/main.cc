#include "cli/program.h"

int main(int argc, char** argv) {
  return trivium::cli::run_program(argc, argv, {.make = trivium::cli::make_runtime});
}
