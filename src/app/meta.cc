#include "app/meta.h"

namespace trivium::app {
namespace {

// meta.workflow may be an application's own key: the spelling that names a worker wins.
const Value* block(const Entry& entry, std::string_view name) {
  const Value* any = nullptr;
  for (const Value* found : {entry.meta.find(name), entry.meta.find_path("temporal." + std::string(name))}) {
    if (found == nullptr || !found->is_object()) continue;
    if (found->find("worker") != nullptr) return found;
    if (any == nullptr) any = found;
  }
  return any;
}

std::optional<EntryId> worker(const Entry& entry, const Value* block) {
  const Value* worker = block == nullptr ? nullptr : block->find("worker");
  if (worker == nullptr || !worker->is_string() || worker->as_string().empty()) return std::nullopt;
  return EntryId::resolve(worker->as_string(), entry.id.ns);
}

}  // namespace

const Value* workflow_meta(const Entry& entry) { return block(entry, "workflow"); }
const Value* activity_meta(const Entry& entry) { return block(entry, "activity"); }
std::optional<EntryId> workflow_worker(const Entry& entry) { return worker(entry, workflow_meta(entry)); }
std::optional<EntryId> activity_worker(const Entry& entry) { return worker(entry, activity_meta(entry)); }

std::optional<Command> command_of(const Entry& entry) {
  if (!entry.kind.starts_with("process.")) return std::nullopt;
  const Value* command = entry.field("meta.command");
  if (command == nullptr) return std::nullopt;
  const auto text = [&](std::string_view key, std::string_view fallback) {
    const Value* value = command->find(key);
    return value != nullptr && value->is_string() ? value->as_string() : std::string(fallback);
  };
  const Value* main = command->find("main");
  Command out{text("name", ""), text("short", ""), main != nullptr && main->is_bool() && main->as_bool(),
              text("use_case", "run")};
  if (out.name.empty()) return std::nullopt;
  return out;
}

}  // namespace trivium::app
