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

// Beside the chunks: what decides how they run.
bool same_but_for_chunks(const lua::EntryProgram& a, const lua::EntryProgram& b) {
  const auto aliases = [](const lua::EntryProgram& program) {
    std::vector<std::string> list;
    for (const lua::Chunk& library : program.libraries) list.push_back(library.alias);
    return list;
  };
  return a.method == b.method && a.modules == b.modules && aliases(a) == aliases(b);
}

struct Compiled {
  std::string source;  // what it was made of
  std::string bytecode;
  std::shared_ptr<const lua::TypeSet> types;
};
using CompiledRef = std::shared_ptr<const Compiled>;

CompiledRef compile_chunk(const app::LuaEntry& entry, app::Problems& problems) {
  if (entry.source.empty()) return nullptr;  // reported by the entry's own check
  Result<lua::Program> erased = lua::compile(entry.source, entry.source_file);
  if (!erased) {
    problems.add(syntax_problem(entry, erased.error()));
    return nullptr;
  }
  Result<std::string> bytecode = lua::compile_to_bytecode(erased->lua, entry.id.text());
  if (!bytecode) {
    problems.add(compiler_problem(entry, bytecode.error()));
    return nullptr;
  }
  return std::make_shared<const Compiled>(Compiled{entry.source, std::move(*bytecode), erased->types});
}

}  // namespace

struct Programs::Set {
  // A program and the chunks in it, the main one last: the same chunks make the same program again.
  struct Made {
    lua::ProgramRef program;
    std::vector<CompiledRef> chunks;
  };

  std::unordered_map<std::string, CompiledRef> chunks;
  std::unordered_map<std::string, LuaEntryRef> entries;
  std::unordered_map<std::string, Made> programs;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> sources;  // of workflow entries

  void keep_source(const app::LuaEntry& entry, const app::ImportClosure& closure);
};

Programs::Programs(const ModuleSet& modules) : modules_(modules), set_(std::make_shared<const Set>()) {}

Programs::~Programs() = default;

std::vector<std::string> ModuleSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, module] : modules_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

Programs::SetRef Programs::current() const {
  const std::lock_guard lock(lock_);
  return set_;
}

void Programs::adopt(SetRef set) {
  const std::lock_guard lock(lock_);
  set_.swap(set);
}

void Programs::compile(const app::LuaEntries& entries, const app::Snapshot& snapshot,
                       app::Problems& problems) {
  adopt(prepare(entries, snapshot, problems));
}

Programs::SetRef Programs::prepare(const app::LuaEntries& entries, const app::Snapshot& snapshot,
                                   app::Problems& problems) const {
  const SetRef before = current();
  const auto set = std::make_shared<Set>();
  for (const auto& [id, entry] : entries.all()) {
    set->entries.emplace(id.text(), std::make_shared<const app::LuaEntry>(entry));
    const auto known = before->chunks.find(id.text());
    const bool same = known != before->chunks.end() && known->second->source == entry.source;
    if (CompiledRef chunk = same ? known->second : compile_chunk(entry, problems)) {
      set->chunks.emplace(id.text(), std::move(chunk));
    }
  }
  for (const auto& [id, entry] : entries.all()) {
    if (const app::Entry* where = snapshot.find(id))
      assemble(entries, entry, *where, *set, *before, problems);
  }
  return set;
}

std::set<std::string> Programs::changed(const Set& set) const {
  const SetRef before = current();
  std::set<std::string> ids;
  for (const auto& [id, made] : set.programs) {
    const auto known = before->programs.find(id);
    if (known == before->programs.end() || known->second.program != made.program) ids.insert(id);
  }
  return ids;
}

void Programs::check(const app::LuaEntry& entry, app::Problems& problems) { compile_chunk(entry, problems); }

void Programs::assemble(const app::LuaEntries& entries, const app::LuaEntry& entry, const app::Entry& where,
                        Set& set, const Set& before, app::Problems& problems) const {
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
  Set::Made made;
  const auto add_chunk = [&](const std::string& alias, const std::string& id) -> std::optional<lua::Chunk> {
    const auto chunk = set.chunks.find(id);
    if (chunk == set.chunks.end()) return std::nullopt;  // its own problem says why
    made.chunks.push_back(chunk->second);
    return lua::Chunk{alias, id, chunk->second->bytecode, chunk->second->types};
  };
  for (const app::Import& import : closure->libraries) {
    std::optional<lua::Chunk> library = add_chunk(import.alias, import.target.text());
    if (!library) return;
    program->libraries.push_back(std::move(*library));
  }
  std::optional<lua::Chunk> main = add_chunk(std::string(), program->id);
  if (!main) return;
  program->main = std::move(*main);
  if (entry.kind == app::LuaKind::workflow) set.keep_source(entry, *closure);
  made.program = std::move(program);
  const auto known = before.programs.find(made.program->id);
  const bool same = known != before.programs.end() && known->second.chunks == made.chunks &&
                    same_but_for_chunks(*known->second.program, *made.program);
  if (same) made = known->second;
  const std::string id = made.program->id;
  set.programs.emplace(id, std::move(made));
}

void Programs::Set::keep_source(const app::LuaEntry& entry, const app::ImportClosure& closure) {
  ProgramSource source;
  source.method = entry.method;
  for (const app::Import& import : closure.modules) {
    if (!app::always_there(import.target.name)) source.modules.push_back(import.target.name);
  }
  std::sort(source.modules.begin(), source.modules.end());
  for (const app::Import& import : closure.libraries) {
    const std::string id = import.target.text();
    source.libraries.push_back({import.alias, id, entries.at(id)->source});
  }
  source.main = {std::string(), entry.id.text(), entry.source};
  sources.emplace(entry.id.text(), std::make_shared<const std::string>(encode(source)));
}

std::shared_ptr<const std::string> Programs::source(const std::string& id) const {
  const SetRef set = current();
  const auto at = set->sources.find(id);
  return at == set->sources.end() ? nullptr : at->second;
}

Result<lua::ProgramRef> Programs::find(const std::string& id) const {
  const SetRef set = current();
  const auto at = set->programs.find(id);
  if (at != set->programs.end()) return at->second.program;
  return trivium::fail(missing(id));
}

Result<lua::ProgramRef> Programs::find_process(const std::string& id) const {
  const SetRef set = current();
  const auto entry = set->entries.find(id);
  const auto at = set->programs.find(id);
  if (entry == set->entries.end() || at == set->programs.end()) return trivium::fail(missing(id));
  const app::LuaKind kind = entry->second->kind;
  if (kind != app::LuaKind::process && kind != app::LuaKind::workflow) return trivium::fail(missing(id));
  return at->second.program;
}

LuaEntryRef Programs::entry(const std::string& id) const {
  const SetRef set = current();
  const auto at = set->entries.find(id);
  return at == set->entries.end() ? nullptr : at->second;
}

std::vector<LuaEntryRef> Programs::entries() const {
  const SetRef set = current();
  std::vector<LuaEntryRef> all;
  all.reserve(set->entries.size());
  for (const auto& [id, entry] : set->entries) all.push_back(entry);
  return all;
}

}  // namespace trivium::units
