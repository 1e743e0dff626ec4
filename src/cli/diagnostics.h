// What `lint` finds, and which of it is shown.
#pragma once

#include <string>
#include <vector>

#include "app/check.h"
#include "app/problem.h"
#include "app/registry.h"

namespace trivium::cli {

enum class Severity { error, warning, hint };

std::string_view severity_name(Severity severity);

struct Diagnostic {
  std::string entry_id;  // empty when it is about a file
  std::string code;
  Severity severity;
  std::string message;
  int line = 0;  // from 1, within the entry's source; 0 when unknown
  int column = 0;
  std::string file = {};     // of a mistake in a text that entries may share: where the text stands
  std::string excerpt = {};  // its line and a caret line; may be empty
};

// Entries may share a file: a mistake in its text is said once, for the first of them.
void drop_repeated(std::vector<Diagnostic>& diagnostics);

// Codes: A0001 a mistake in an entry or its file, P0001 syntax, P0002 an undeclared require.
struct Checked {
  std::vector<Diagnostic> diagnostics;  // sorted by entry, severity, line, column, code, message
  size_t entries = 0;                   // Lua entries that were looked at
};

// Checks all entries, and the source of every Lua entry; `problems` are the mistakes found while loading.
Checked check_sources(const app::Snapshot& snapshot, const app::CheckOptions& options,
                      app::Problems problems);

struct DiagnosticFilter {
  Severity level = Severity::warning;   // the least severe that is shown
  std::vector<std::string> namespaces;  // exact, or a.* and a.** for a and all below; empty: all
  std::vector<std::string> codes;       // in any case; empty: all

  bool shows(const Diagnostic& diagnostic) const;
  bool shows_namespace(std::string_view ns) const;
};

}  // namespace trivium::cli
