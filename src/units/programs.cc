#include "units/programs.h"

#include <algorithm>
#include <charconv>

#include "app/always_there.h"
#include "lua/frontend/frontend.h"
#include "lua/sandbox/chunk.h"

namespace trivium::units {
namespace {

// "file:12:5: message…" split at the position, which the problem carries itself.
app::Problem syntax_problem(const app::LuaEntry& entry, const Error& error) {
  app::Problem problem;
  problem.place = {entry.source_file, 0, 0};
  problem.entry = entry.id.text();
  problem.field = "source";
  problem.message = error.message;
  problem.in_text = true;
  if (!error.message.starts_with(entry.source_file + ":")) return problem;
  const char* at = error.message.data() + entry.source_file.size() + 1;
  const char* const end = error.message.data() + error.message.size();
  const auto line = std::from_chars(at, end, problem.place.line);
  if (line.ec != std::errc() || line.ptr == end) return problem;
  problem.place.line += entry.first_line - 1;
  const auto column = std::from_chars(line.ptr + 1, end, problem.place.column);
  if (column.ec == std::errc() && end - column.ptr > 2) problem.message.assign(column.ptr + 2, end);
  return problem;
}

// What only Lua itself refuses: too many locals, a goto without label. "app:worker:12: message…".
app::Problem compiler_problem(const app::LuaEntry& entry, const Error& error) {
  app::Problem problem{{entry.source_file, 0, 0}, entry.id.text(), "source", error.message, {}, true};
  const std::string chunk = entry.id.text() + ":";
  if (!error.message.starts_with(chunk)) return problem;
  const char* const end = error.message.data() + error.message.size();
  const auto line = std::from_chars(error.message.data() + chunk.size(), end, problem.place.line);
  if (line.ec != std::errc() || end - line.ptr <= 2) return problem;
  problem.message.assign(line.ptr + 2, end);
  // A label is missed only at the end of its block; the message says where it is wanted.
  constexpr std::string_view wanted_at = " at line ";
  if (const size_t at = problem.message.rfind(wanted_at); at != std::string::npos) {
    const char* const digits = problem.message.data() + at + wanted_at.size();
    std::from_chars(digits, problem.message.data() + problem.message.size(), problem.place.line);
    problem.message.erase(at);
  }
  problem.place.line += entry.first_line - 1;
  return problem;
}

Error missing(const std::string& id) {
  Error error = Error::of(kind::not_found, "factory not found: no process entry " + id);
  error.details = Object{{"factory_id", id}};
  return error;
}

}  // namespace

std::vector<std::string> ModuleSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, module] : modules_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

void Programs::compile(const app::LuaEntries& entries, const app::Snapshot& snapshot,
                       app::Problems& problems) {
  for (const auto& [id, entry] : entries.all()) {
    entries_.emplace(id.text(), entry);
    if (auto compiled = compile_chunk(entry, problems)) chunks_.emplace(id.text(), std::move(*compiled));
  }
  for (const auto& [id, entry] : entries.all()) {
    if (const app::Entry* where = snapshot.find(id)) assemble(entries, entry, *where, problems);
  }
}

std::optional<Programs::Compiled> Programs::compile_chunk(const app::LuaEntry& entry,
                                                          app::Problems& problems) {
  if (entry.source.empty()) return std::nullopt;  // reported by the entry's own check
  Result<lua::Program> erased = lua::compile(entry.source, entry.source_file);
  if (!erased) {
    problems.add(syntax_problem(entry, erased.error()));
    return std::nullopt;
  }
  Result<std::string> bytecode = lua::compile_to_bytecode(erased->lua, entry.id.text());
  if (!bytecode) {
    problems.add(compiler_problem(entry, bytecode.error()));
    return std::nullopt;
  }
  return Compiled{std::move(*bytecode), erased->types};
}

void Programs::check(const app::LuaEntry& entry, app::Problems& problems) { compile_chunk(entry, problems); }

void Programs::assemble(const app::LuaEntries& entries, const app::LuaEntry& entry, const app::Entry& where,
                        app::Problems& problems) {
  Result<app::ImportClosure> closure = entries.closure(entry.id);
  if (!closure) return;  // reported with the entries
  auto program = std::make_shared<lua::EntryProgram>();
  program->id = entry.id.text();
  program->method = entry.method;
  for (const app::Import& import : closure->modules) {
    if (app::always_there(import.target.name)) continue;
    const lua::Module* module = modules_.find(import.target.name);
    if (module == nullptr) {
      problems.add(where.problem(
          "modules", "unknown module '" + import.target.name + "'", "the runtime has: " + [&] {
            std::string list;
            for (const std::string& name : modules_.names()) list += (list.empty() ? "" : ", ") + name;
            return list;
          }()));
      continue;
    }
    if (entry.kind == app::LuaKind::workflow && !module->workflow) {
      problems.add(where.problem("modules",
                                 "module '" + import.target.name +
                                     "' does not have any allowed class: its results differ from run to run, "
                                     "so a workflow may not use it",
                                 "call it from a function: in a workflow that is an activity"));
      continue;
    }
    program->modules.push_back(module);
  }
  for (const app::Import& import : closure->libraries) {
    const auto chunk = chunks_.find(import.target.text());
    if (chunk == chunks_.end()) return;  // its own problem says why
    program->libraries.push_back(
        {import.alias, import.target.text(), chunk->second.bytecode, chunk->second.types});
  }
  const auto main = chunks_.find(program->id);
  if (main == chunks_.end()) return;
  program->main = {std::string(), program->id, main->second.bytecode, main->second.types};
  if (entry.kind == app::LuaKind::workflow) keep_source(entry, *closure);
  programs_.emplace(program->id, std::move(program));
}

void Programs::keep_source(const app::LuaEntry& entry, const app::ImportClosure& closure) {
  ProgramSource source;
  source.method = entry.method;
  for (const app::Import& import : closure.modules) {
    if (!app::always_there(import.target.name)) source.modules.push_back(import.target.name);
  }
  std::sort(source.modules.begin(), source.modules.end());
  for (const app::Import& import : closure.libraries) {
    const std::string id = import.target.text();
    source.libraries.push_back({import.alias, id, entries_.at(id).source});
  }
  source.main = {std::string(), entry.id.text(), entry.source};
  sources_.emplace(entry.id.text(), std::make_shared<const std::string>(encode(source)));
}

std::shared_ptr<const std::string> Programs::source(const std::string& id) const {
  const auto at = sources_.find(id);
  return at == sources_.end() ? nullptr : at->second;
}

Result<lua::ProgramRef> Programs::find(const std::string& id) const {
  const auto at = programs_.find(id);
  if (at != programs_.end()) return at->second;
  return trivium::fail(missing(id));
}

Result<lua::ProgramRef> Programs::find_process(const std::string& id) const {
  const app::LuaEntry* found = entry(id);
  if (found == nullptr || (found->kind != app::LuaKind::process && found->kind != app::LuaKind::workflow)) {
    return trivium::fail(missing(id));
  }
  return find(id);
}

const app::LuaEntry* Programs::entry(const std::string& id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

}  // namespace trivium::units
