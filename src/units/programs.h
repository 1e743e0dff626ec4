// Entries compiled: every Lua entry of a snapshot with its imports. The whole set is replaced when entries
// change; programs nothing of which has changed are the same objects before and after.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/imports.h"
#include "app/problem.h"
#include "core/spin_lock.h"
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

using LuaEntryRef = std::shared_ptr<const app::LuaEntry>;

// Thread-safe.
class Programs {
 public:
  explicit Programs(const ModuleSet& modules);
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  struct Set;
  using SetRef = std::shared_ptr<const Set>;

  // Compiles all of them; every mistake (syntax, unknown module, module not for workflows) becomes a
  // problem at its place. From here on these are the programs.
  void compile(const app::LuaEntries& entries, const app::Snapshot& snapshot, app::Problems& problems);

  // The same in two steps: what is wrong is known before anything has changed.
  SetRef prepare(const app::LuaEntries& entries, const app::Snapshot& snapshot,
                 app::Problems& problems) const;
  void adopt(SetRef set);
  // The programs of `set` that are new or differ from those there are now.
  std::set<std::string> changed(const Set& set) const;

  // Notes the mistakes in an entry's text, and does nothing else.
  static void check(const app::LuaEntry& entry, app::Problems& problems);

  // NotFound: no such entry, or of another kind.
  Result<lua::ProgramRef> find(const std::string& id) const;
  Result<lua::ProgramRef> find_process(const std::string& id) const;
  // Null: no such entry.
  LuaEntryRef entry(const std::string& id) const;
  // The program of a workflow entry as text (program_source.h); null for others.
  std::shared_ptr<const std::string> source(const std::string& id) const;
  const ModuleSet& modules() const { return modules_; }
  // The entries as decoded.
  std::vector<LuaEntryRef> entries() const;

 private:
  SetRef current() const;
  void assemble(const app::LuaEntries& entries, const app::LuaEntry& entry, const app::Entry& where, Set& set,
                const Set& before, app::Problems& problems) const;

  const ModuleSet& modules_;
  mutable SpinLock lock_;
  SetRef set_;
};

}  // namespace trivium::units
