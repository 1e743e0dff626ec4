#include "app/imports.h"

#include <algorithm>
#include <set>

#include "app/cycles.h"
#include "app/similar.h"

namespace trivium::app {
namespace {

std::string shown(const EntryId& target) {
  return target.ns.empty() ? "module " + target.name : target.text();
}

class Walk {
 public:
  explicit Walk(const std::map<EntryId, LuaEntry>& entries) : entries_(entries) {}

  Result<ImportClosure> run(const LuaEntry& root) {
    if (auto done = visit(root); !done) return tl::unexpected(done.error());
    return std::move(closure_);
  }

 private:
  Result<> visit(const LuaEntry& lua) {
    path_.insert(lua.id);
    for (const std::string& module : lua.modules) {
      if (auto bound = bind({module, {"", module}}, closure_.modules); !bound) return bound;
    }
    for (const Import& import : lua.imports) {
      if (import.built_in()) {
        if (auto bound = bind(import, closure_.modules); !bound) return bound;
        continue;
      }
      auto target = entries_.find(import.target);
      if (target == entries_.end()) {
        return fail(kind::not_found,
                    lua.id.text() + " imports " + import.target.text() + ", which does not exist");
      }
      if (path_.contains(import.target)) {
        return fail(kind::invalid, "adding dependency would create a cycle: " + lua.id.text() + " imports " +
                                       import.target.text());
      }
      if (!visited_.contains(import.target)) {
        if (auto inner = visit(target->second); !inner) return inner;
      }
      if (auto bound = bind(import, closure_.libraries); !bound) return bound;
    }
    path_.erase(lua.id);
    visited_.insert(lua.id);
    return {};
  }

  Result<> bind(const Import& import, std::vector<Import>& into) {
    auto [bound, first] = aliases_.try_emplace(import.alias, import.target);
    if (first) {
      into.push_back(import);
    } else if (bound->second != import.target) {
      Error error = Error::of(kind::conflict, "alias '" + import.alias + "' collision: it stands for " +
                                                  shown(bound->second) + " and for " + shown(import.target));
      error.details = Object{{"alias", import.alias}};
      return tl::unexpected(std::move(error));
    }
    return {};
  }

  const std::map<EntryId, LuaEntry>& entries_;
  ImportClosure closure_;
  std::map<std::string, EntryId> aliases_;
  std::set<EntryId> path_;
  std::set<EntryId> visited_;
};

}  // namespace

LuaEntries::LuaEntries(const Snapshot& snapshot, const FieldContext& context, Problems& problems) {
  for (const EntryPtr& entry : snapshot.all()) {
    if (lua_kind(entry->kind)) entries_.emplace(entry->id, read_lua_entry(*entry, context, problems));
  }
  check_targets(snapshot, context, problems);
  check_cycles(snapshot, problems);
  for (const auto& [id, lua] : entries_) {
    if (Result<ImportClosure> found = closure(id); !found && found.error().kind == kind::conflict) {
      const Entry& entry = *snapshot.find(id);
      std::string field = "imports";
      if (const Value* alias = found.error().details.find("alias")) field += "." + alias->as_string();
      if (entry.field(field) == nullptr) field = "imports";  // two libraries differ
      problems.add(entry.problem(field, found.error().message, "give one of them another alias"));
    }
  }
}

const LuaEntry* LuaEntries::find(const EntryId& id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

Result<ImportClosure> LuaEntries::closure(const EntryId& id) const {
  const LuaEntry* lua = find(id);
  if (lua == nullptr) return fail(kind::not_found, "there is no Lua entry " + id.text());
  return Walk(entries_).run(*lua);
}

void LuaEntries::check_targets(const Snapshot& snapshot, const FieldContext& context,
                               Problems& problems) const {
  for (const auto& [id, lua] : entries_) {
    const Entry& entry = *snapshot.find(id);
    for (const Import& import : lua.imports) {
      if (import.built_in() || entries_.contains(import.target)) continue;
      const std::string path = "imports." + import.alias;
      if (const Entry* target = snapshot.find(import.target); target != nullptr) {
        problems.add(entry.problem(path, import.target.text() + " is a " + target->kind + " (" +
                                             target->place().text() + "), only Lua entries can be imported"));
      } else if (context.broken_namespaces == nullptr ||
                 !context.broken_namespaces->contains(import.target.ns)) {
        problems.add(entry.problem(path, "there is no entry " + import.target.text(),
                                   did_you_mean(import.target, snapshot, "library.lua")));
      }
    }
  }
}

void LuaEntries::check_cycles(const Snapshot& snapshot, Problems& problems) const {
  std::vector<const LuaEntry*> nodes;
  std::map<EntryId, size_t> index;
  for (const auto& [id, lua] : entries_) {
    index.emplace(id, nodes.size());
    nodes.push_back(&lua);
  }
  std::vector<std::vector<size_t>> edges(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const Import& import : nodes[i]->imports) {
      if (auto target = index.find(import.target); target != index.end()) edges[i].push_back(target->second);
    }
  }
  for (const std::vector<size_t>& cycle : find_cycles(edges)) {
    std::string text;
    for (size_t node : cycle) text += nodes[node]->id.text() + " -> ";
    text += nodes[cycle.front()]->id.text();
    const LuaEntry& first = *nodes[cycle.front()];
    const EntryId& next = nodes[cycle[1 % cycle.size()]]->id;
    auto import = std::find_if(first.imports.begin(), first.imports.end(),
                               [&](const Import& i) { return i.target == next; });
    problems.add(
        snapshot.find(first.id)->problem("imports." + import->alias, "imports form a cycle: " + text));
  }
}

}  // namespace trivium::app
