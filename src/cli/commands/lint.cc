#include <algorithm>

#include "cli/application.h"
#include "cli/commands/commands.h"
#include "cli/diagnostics.h"
#include "cli/json_text.h"

namespace trivium::cli {
namespace {

struct Counts {
  size_t errors = 0;
  size_t warnings = 0;
  size_t hints = 0;
};

Counts count(const std::vector<Diagnostic>& diagnostics) {
  Counts counts;
  for (const Diagnostic& diagnostic : diagnostics) {
    ++(diagnostic.severity == Severity::error     ? counts.errors
       : diagnostic.severity == Severity::warning ? counts.warnings
                                                  : counts.hints);
  }
  return counts;
}

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "\x1b[31m";
    case Severity::warning:
      return "\x1b[33m";
    case Severity::hint:
      return "\x1b[36m";
  }
  return "";
}

std::string text_line(const Diagnostic& diagnostic, bool color) {
  std::string line = diagnostic.entry_id;
  if (diagnostic.line > 0) {
    line += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  }
  if (!line.empty()) line += ": ";
  if (color) line += color_of(diagnostic.severity);
  line += severity_name(diagnostic.severity);
  if (color) line += "\x1b[0m";
  line += "[" + diagnostic.code + "]: " + diagnostic.message + "\n";
  if (!diagnostic.excerpt.empty()) line += diagnostic.excerpt + "\n";
  return line;
}

Value json_of(const Diagnostic& diagnostic) {
  Object object{{"entry_id", diagnostic.entry_id},
                {"code", diagnostic.code},
                {"severity", severity_name(diagnostic.severity)},
                {"message", diagnostic.message}};
  if (diagnostic.line > 0) {
    object.set("line", diagnostic.line);
    object.set("column", diagnostic.column);
  }
  return object;
}

int64_t number(size_t count) { return static_cast<int64_t>(count); }

void print_json(const std::vector<Diagnostic>& printed, size_t entries, const Counts& counts,
                std::string& out) {
  Array list;
  list.reserve(printed.size());
  for (const Diagnostic& diagnostic : printed) list.push_back(json_of(diagnostic));
  append_json(out,
              Object{{"diagnostics", std::move(list)},
                     {"total_entries", number(entries)},
                     {"error_count", number(counts.errors)},
                     {"warning_count", number(counts.warnings)},
                     {"hint_count", number(counts.hints)}},
              JsonSpacing::none);
  out += '\n';
}

std::string tally(const Counts& counts) {
  return std::to_string(counts.errors) + " errors, " + std::to_string(counts.warnings) + " warnings";
}

app::Snapshot take_snapshot(std::vector<app::Entry> entries) {
  std::vector<app::EntryPtr> shared;
  shared.reserve(entries.size());
  for (app::Entry& entry : entries) shared.push_back(std::make_shared<const app::Entry>(std::move(entry)));
  return app::Snapshot(0, std::move(shared));
}

}  // namespace

Result<int> lint(const GlobalOptions& global, const LintRequest& request, Style style,
                 const RuntimeFactory& make, std::string& out) {
  const auto config = load_config(global, request.source);
  if (!config) return fail(config.error());
  app::Problems problems;
  Inspected application = read_entries(**config, global, request.source, problems);
  if (!application.found) return fail(no_application());
  app::CheckOptions options;
  options.broken_namespaces = std::move(application.broken_namespaces);
  if (make.supported) {
    Supported supported = make.supported();
    options.kinds = supported.kinds;
    options.modules = std::move(supported.modules);
    options.workflow_modules = std::move(supported.workflow_modules);
  }
  const app::Snapshot snapshot = take_snapshot(std::move(application.entries));
  Checked checked = check_sources(snapshot, options, std::move(problems));

  DiagnosticFilter filter;
  filter.level = request.level == "error"     ? Severity::error
                 : request.level == "warning" ? Severity::warning
                                              : Severity::hint;
  filter.namespaces = request.namespaces;
  filter.codes = request.codes;
  std::vector<Diagnostic> shown;
  std::copy_if(checked.diagnostics.begin(), checked.diagnostics.end(), std::back_inserter(shown),
               [&filter](const Diagnostic& diagnostic) { return filter.shows(diagnostic); });
  drop_repeated(shown);
  const Counts counts = count(shown);
  const bool nothing = shown.empty();
  if (request.limit > 0 && shown.size() > static_cast<size_t>(request.limit)) {
    shown.resize(static_cast<size_t>(request.limit));
  }
  if (request.summary) shown.clear();

  if (request.json) {
    print_json(shown, checked.entries, counts, out);
  } else {
    for (const Diagnostic& diagnostic : shown) out += text_line(diagnostic, style.color && !request.no_color);
    const std::string total = "Checked " + std::to_string(checked.entries) + " entries";
    out += nothing ? "No issues found\n" + total + "\n" : total + ": " + tally(counts) + "\n";
  }
  if (counts.errors > 0) return fail(kind::invalid, "lint failed: " + tally(counts));
  return 0;
}

}  // namespace trivium::cli
