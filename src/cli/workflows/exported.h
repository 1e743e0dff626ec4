// A run's history in a file of its own: what `workflow export` writes and `workflow replay` reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "units/workflows/event.h"
#include "units/workflows/store/rows.h"

namespace trivium::cli {

struct ExportedRun {
  std::string workflow_id;
  std::string run_id;
  std::string type;
  std::string provider;  // entry ids: the PID is made of them
  std::string worker;
  std::vector<units::workflows::Event> events;
};

// JSON; reading it and writing it again gives the same text.
std::string export_text(const ExportedRun& run);
// Invalid: no such file's text; the message says what is wrong with it.
Result<ExportedRun> parse_export(std::string_view text);

}  // namespace trivium::cli
