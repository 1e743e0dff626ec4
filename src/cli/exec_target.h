// Finds what `run NAME`, `run -x ID` and `test` mean among the entries of an application: the process
// and the host it runs on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/entry.h"
#include "app/registry.h"
#include "core/entry_id.h"
#include "core/error.h"

namespace trivium::cli {

// A process a person can start by name.
struct NamedCommand {
  const app::Entry* entry;
  std::string name;
  std::string brief;     // one line for lists, may be empty
  std::string use_case;  // "run" unless the entry says otherwise
};

using EntryList = std::vector<const app::Entry*>;

EntryList entries_of(const app::Snapshot& snapshot);
EntryList entries_of(const std::vector<app::Entry>& entries);

// In the order of `entries`. What is returned lives as long as those.
std::vector<NamedCommand> named_commands(const EntryList& entries);

struct FoundCommand {
  EntryId process;
  // Ids of other commands of the same name, which lost to the lower id.
  std::vector<std::string> shadowed;
};

// NotFound when no entry declares the command `name`.
Result<FoundCommand> find_command(const EntryList& entries, std::string_view name);
// The one with use case "test", else the command "test".
Result<FoundCommand> find_tests(const EntryList& entries);
// "ns:name", or the name of exactly one process. The error says why the process cannot be started.
Result<EntryId> find_process(const EntryList& entries, std::string_view spec);

// `wanted` is --host, or empty for the only terminal.host.
Result<const app::Entry*> choose_host(const EntryList& entries, std::string_view wanted);

}  // namespace trivium::cli
