// Telling a process that its code is not the newest.
#include "units/node.h"
#include "units/process.h"

namespace trivium::units {
namespace {

Values outdated_event(const std::set<std::string>& sources, int64_t now_ns) {
  Array list;
  list.reserve(sources.size());
  for (const std::string& source : sources) list.emplace_back(source);
  Values values;
  append(values, Object{{"kind", "pid.outdated"},
                        {"from", "{|}"},
                        {"at", now_ns / 1'000'000'000},
                        {"sources", std::move(list)}});
  return values;
}

// Those of the program's entries that changed, or that import one which did.
std::set<std::string> affected(const Programs& programs, const lua::EntryProgram& program,
                               const std::set<std::string>& changed) {
  std::set<std::string> found;
  const auto look = [&](const std::string& id) {
    bool hit = changed.contains(id);
    if (const LuaEntryRef entry = programs.entry(id)) {
      for (const app::Import& import : entry->imports) hit = hit || found.contains(import.target.text());
    }
    if (hit) found.insert(id);
  };
  for (const lua::Chunk& library : program.libraries) look(library.id);  // each after what it imports
  look(program.id);
  return found;
}

}  // namespace

void Process::post_outdated(std::shared_ptr<const std::set<std::string>> changed) {
  if (!upgradable_.load(std::memory_order_relaxed)) return;
  post(Deferred{[changed = std::move(changed)](Process& self) { self.take_outdated(*changed); }});
}

void Process::take_outdated(const std::set<std::string>& changed) {
  if (!upgradable_.load(std::memory_order_relaxed) || !begun_) return;
  std::set<std::string> sources = affected(node_.programs(), *spec_.program, changed);
  if (sources.empty()) return;
  if (!outdated_) outdated_ = std::make_unique<Outdated>();
  std::set<std::string> both = sources;
  both.insert(outdated_->sources.begin(), outdated_->sources.end());
  Values fresh = outdated_event(both, node_.clock().wall_ns());
  if (!outdated_->event.empty() && isolate_->replace_message(lua::topic::events, outdated_->event, fresh)) {
    *outdated_ = {std::move(both), std::move(fresh)};
    return;
  }
  fresh = outdated_event(sources, node_.clock().wall_ns());
  *outdated_ = {std::move(sources), fresh};
  isolate_->deliver({std::string(lua::topic::events), std::string(), std::move(fresh)});
}

}  // namespace trivium::units
