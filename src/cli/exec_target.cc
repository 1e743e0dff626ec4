#include "cli/exec_target.h"

#include <algorithm>

#include "app/similar.h"

namespace trivium::cli {
namespace {

using Names = std::vector<std::string>;

std::string text_of(const Value* value) {
  return value && value->is_string() ? value->as_string() : std::string();
}

bool is_process(const app::Entry& entry) { return entry.kind.starts_with("process."); }
// process.host and process.service are no code that could be run.
bool is_runnable(const app::Entry& entry) {
  return is_process(entry) && entry.kind != "process.host" && entry.kind != "process.service";
}
bool is_host(const app::Entry& entry) {
  return entry.kind == "terminal.host" || entry.kind == "process.host";
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string with_hint(const std::string& message, std::string_view wanted, const Names& candidates) {
  const std::string hint = app::did_you_mean(wanted, candidates);
  return hint.empty() ? message : message + " (" + hint + ")";
}

// The entries whose id or, for a text without a colon, name is `text`.
EntryList named(const EntryList& entries, std::string_view text, bool (*counts)(const app::Entry&)) {
  const bool bare = text.find(':') == std::string_view::npos;
  const EntryId id = EntryId::parse(text);
  EntryList found;
  for (const app::Entry* entry : entries) {
    if (counts(*entry) && (bare ? entry->id.name == text : entry->id == id)) found.push_back(entry);
  }
  return found;
}

Names ids_of(const EntryList& entries) {
  Names ids;
  for (const app::Entry* entry : entries) ids.push_back(entry->id.text());
  return ids;
}

Names ids_where(const EntryList& entries, bool (*counts)(const app::Entry&)) {
  EntryList chosen;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(chosen),
               [counts](const app::Entry* entry) { return counts(*entry); });
  return ids_of(chosen);
}

// Of commands with one name the lowest id counts.
FoundCommand lowest(std::vector<NamedCommand> commands) {
  std::sort(commands.begin(), commands.end(),
            [](const NamedCommand& a, const NamedCommand& b) { return a.entry->id < b.entry->id; });
  FoundCommand found{commands.front().entry->id, {}};
  for (size_t i = 1; i < commands.size(); ++i) found.shadowed.push_back(commands[i].entry->id.text());
  return found;
}

}  // namespace

EntryList entries_of(const app::Snapshot& snapshot) {
  EntryList list;
  for (const app::EntryPtr& entry : snapshot.all()) list.push_back(entry.get());
  return list;
}

EntryList entries_of(const std::vector<app::Entry>& entries) {
  EntryList list;
  for (const app::Entry& entry : entries) list.push_back(&entry);
  return list;
}

std::vector<NamedCommand> named_commands(const EntryList& entries) {
  std::vector<NamedCommand> commands;
  for (const app::Entry* entry : entries) {
    const Value* command = entry->meta.find("command");
    if (!is_process(*entry) || !command) continue;
    std::string name = text_of(command->find("name"));
    if (name.empty()) continue;
    std::string use_case = text_of(command->find("use_case"));
    if (use_case.empty()) use_case = "run";
    commands.push_back({entry, std::move(name), text_of(command->find("short")), std::move(use_case)});
  }
  return commands;
}

Result<FoundCommand> find_command(const EntryList& entries, std::string_view name) {
  std::vector<NamedCommand> matching;
  Names names;
  for (NamedCommand& command : named_commands(entries)) {
    names.push_back(command.name);
    if (command.name == name) matching.push_back(std::move(command));
  }
  if (!matching.empty()) return lowest(std::move(matching));
  std::string message = "command \"" + std::string(name) + "\" not found";
  message = with_hint(std::move(message), name, names);
  return fail(kind::not_found, message + ". Use 'trivium run list' to see available commands");
}

Result<FoundCommand> find_tests(const EntryList& entries) {
  std::vector<NamedCommand> tests;
  EntryList found;
  for (NamedCommand& command : named_commands(entries)) {
    if (command.use_case != "test") continue;
    found.push_back(command.entry);
    tests.push_back(std::move(command));
  }
  if (tests.size() == 1) return lowest(std::move(tests));
  if (tests.size() > 1) {
    return fail(kind::invalid, "multiple test entrypoints found (" + joined(ids_of(found)) +
                                   "): run one of them by name with 'trivium run'");
  }
  if (auto command = find_command(entries, "test")) return command;
  return fail(kind::not_found, "no test entrypoint found");
}

Result<EntryId> find_process(const EntryList& entries, std::string_view spec) {
  const std::string text(spec);
  const EntryId id = EntryId::parse(spec);
  const bool bare = text.find(':') == std::string::npos;
  if (bare) {
    const EntryList found = named(entries, spec, is_runnable);
    if (found.size() == 1) return found.front()->id;
    if (found.size() > 1) {
      return fail(kind::invalid, "invalid exec spec: several processes are named \"" + text + "\" (" +
                                     joined(ids_of(found)) + "), use the full id");
    }
    const std::string message =
        "invalid exec spec: expected namespace:name, and no process is named \"" + text + "\"";
    Names names;
    for (const app::Entry* entry : entries) {
      if (is_runnable(*entry)) names.push_back(entry->id.name);
    }
    return fail(kind::invalid, with_hint(message, spec, names));
  }
  if (!id.qualified())
    return fail(kind::invalid, "invalid exec spec: expected namespace:name, got \"" + text + "\"");

  const std::string failed = "failed to start process on host: " + text + ": ";
  const EntryList found = named(entries, spec, [](const app::Entry&) { return true; });
  if (found.empty()) {
    return fail(kind::not_found,
                with_hint(failed + "entry not found", spec, ids_where(entries, is_runnable)));
  }
  if (!is_runnable(*found.front())) {
    return fail(kind::invalid, failed + "not a process (its kind is " + found.front()->kind + ")");
  }
  return id;
}

Result<const app::Entry*> choose_host(const EntryList& entries, std::string_view wanted) {
  if (!wanted.empty()) {
    const EntryList found = named(entries, wanted, is_host);
    if (found.size() == 1) return found.front();
    const std::string text(wanted);
    if (found.size() > 1) {
      return fail(kind::invalid, "several hosts are named \"" + text + "\" (" + joined(ids_of(found)) + ")");
    }
    return fail(kind::not_found,
                with_hint("host " + text + " not found", wanted, ids_where(entries, is_host)));
  }
  EntryList terminals;
  for (const app::Entry* entry : entries) {
    if (entry->kind == "terminal.host") terminals.push_back(entry);
  }
  if (terminals.size() == 1) return terminals.front();
  if (terminals.empty()) return fail(kind::not_found, "no terminal.host found in registry");
  return fail(kind::invalid,
              "multiple terminal hosts found (" + joined(ids_of(terminals)) + "), use --host to specify");
}

}  // namespace trivium::cli
