#include "cli/diagnostics.h"

#include <strings.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "app/always_there.h"
#include "core/entry_id.h"
#include "lua/frontend/ast.h"

namespace trivium::cli {
namespace {

bool is_alias(const std::vector<app::Import>& imports, const std::string& name) {
  return std::any_of(imports.begin(), imports.end(),
                     [&name](const app::Import& i) { return i.alias == name; });
}

void check_requires(const app::LuaEntries& all, const app::LuaEntry& entry, const lua::Ast& ast,
                    Checked& checked) {
  const auto closure = all.closure(entry.id);
  if (!closure) return;  // said among the problems of the entries
  for (const lua::RequiredName& required : ast.requires_) {
    if (app::always_there(required.name) || is_alias(closure->libraries, required.name) ||
        is_alias(closure->modules, required.name)) {
      continue;
    }
    checked.diagnostics.push_back(
        {entry.id.text(), "P0002", Severity::error,
         "require(\"" + required.name + "\") is not declared in _index.yaml imports or modules",
         static_cast<int>(required.position.line), static_cast<int>(required.position.column)});
  }
}

std::string problem_message(const app::Problem& problem) {
  std::string text = problem.place.text();
  if (!text.empty()) text += ": ";
  if (!problem.field.empty()) text += "field " + problem.field + ": ";
  text += problem.message;
  return problem.hint.empty() ? text : text + " (" + problem.hint + ")";
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::hint:
      return "hint";
  }
  return "error";
}

Checked check_sources(const app::Snapshot& snapshot, const app::CheckOptions& options,
                      app::Problems problems) {
  Checked checked;
  const app::LuaEntries entries = app::check_application(snapshot, options, problems);
  for (const auto& [id, entry] : entries.all()) {
    ++checked.entries;
    const lua::ParseResult parsed = lua::parse(entry.source);
    for (const lua::SyntaxError& error : parsed.errors) {
      checked.diagnostics.push_back(
          {id.text(), "P0001", Severity::error, error.message, static_cast<int>(error.position.line),
           static_cast<int>(error.position.column), entry.source_file, lua::excerpt(error, entry.source)});
    }
    if (parsed.ast) check_requires(entries, entry, *parsed.ast, checked);
  }
  for (const app::Problem& problem : problems.all()) {
    checked.diagnostics.push_back({problem.entry, "A0001", Severity::error, problem_message(problem)});
  }
  std::sort(checked.diagnostics.begin(), checked.diagnostics.end(),
            [](const Diagnostic& a, const Diagnostic& b) {
              return std::tie(a.entry_id, a.severity, a.line, a.column, a.code, a.message) <
                     std::tie(b.entry_id, b.severity, b.line, b.column, b.code, b.message);
            });
  return checked;
}

void drop_repeated(std::vector<Diagnostic>& diagnostics) {
  std::set<std::tuple<std::string, int, int, std::string>> said;
  std::erase_if(diagnostics, [&said](const Diagnostic& d) {
    return !d.file.empty() && !said.insert({d.file, d.line, d.column, d.message}).second;
  });
}

bool DiagnosticFilter::shows_namespace(std::string_view ns) const {
  if (namespaces.empty()) return true;
  return std::any_of(namespaces.begin(), namespaces.end(), [ns](std::string_view pattern) {
    const size_t suffix = pattern.ends_with(".**") ? 3 : pattern.ends_with(".*") ? 2 : 0;
    if (suffix == 0) return pattern == ns;
    pattern.remove_suffix(suffix);
    return ns.starts_with(pattern) && (ns.size() == pattern.size() || ns[pattern.size()] == '.');
  });
}

bool DiagnosticFilter::shows(const Diagnostic& diagnostic) const {
  if (diagnostic.severity > level) return false;
  if (!shows_namespace(EntryId::parse(diagnostic.entry_id).ns)) return false;
  if (codes.empty()) return true;
  return std::any_of(codes.begin(), codes.end(), [&diagnostic](const std::string& code) {
    return ::strcasecmp(code.c_str(), diagnostic.code.c_str()) == 0;
  });
}

}  // namespace trivium::cli
