// Entries compiled: every Lua entry of a snapshot with its imports, once, at load.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/imports.h"
#include "app/problem.h"
#include "lua/program.h"
#include "units/program_source.h"

namespace trivium::units {

// The native modules there are. Their descriptions outlive everything.
class ModuleSet {
 public:
  void add(const lua::Module& module) { modules_[module.name] = &module; }
  const lua::Module* find(const std::string& name) const {
    const auto at = modules_.find(name);
    return at == modules_.end() ? nullptr : at->second;
  }
  std::vector<std::string> names() const;

 private:
  std::unordered_map<std::string, const lua::Module*> modules_;
};

class Programs {
 public:
  explicit Programs(const ModuleSet& modules) : modules_(modules) {}

  // Compiles all of them; every mistake (syntax, unknown module, module not for workflows) becomes a
  // problem at its place. Call once, before anything runs.
  void compile(const app::LuaEntries& entries, const app::Snapshot& snapshot, app::Problems& problems);

  // Notes the mistakes in an entry's text, and does nothing else.
  static void check(const app::LuaEntry& entry, app::Problems& problems);

  // Thread-safe from here on. NotFound: no such entry, or of another kind.
  Result<lua::ProgramRef> find(const std::string& id) const;
  Result<lua::ProgramRef> find_process(const std::string& id) const;
  const app::LuaEntry* entry(const std::string& id) const;
  // The program of a workflow entry as text (program_source.h); null for others.
  std::shared_ptr<const std::string> source(const std::string& id) const;
  const ModuleSet& modules() const { return modules_; }
  // The entries as decoded.
  const std::unordered_map<std::string, app::LuaEntry>& entries() const { return entries_; }

 private:
  struct Compiled {
    std::string bytecode;
    std::shared_ptr<const lua::TypeSet> types;
  };

  static std::optional<Compiled> compile_chunk(const app::LuaEntry& entry, app::Problems& problems);
  void keep_source(const app::LuaEntry& entry, const app::ImportClosure& closure);
  void assemble(const app::LuaEntries& entries, const app::LuaEntry& entry, const app::Entry& where,
                app::Problems& problems);

  const ModuleSet& modules_;
  std::unordered_map<std::string, Compiled> chunks_;
  std::unordered_map<std::string, app::LuaEntry> entries_;
  std::unordered_map<std::string, lua::ProgramRef> programs_;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> sources_;  // of workflow entries
};

}  // namespace trivium::units
