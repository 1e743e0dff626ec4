// What was typed, as data. Parsing decides nothing beyond the shape of the line; the commands do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"

namespace trivium::cli {

// Flags that may stand anywhere on the line.
struct GlobalOptions {
  std::vector<std::string> config;
  std::string memory_limit;  // as typed
  bool verbose = false;
  bool very_verbose = false;
  bool console = false;
  bool silent = false;
  bool event_streams = false;
  bool profiler = false;
  bool lenient = false;

  bool debug() const { return verbose || very_verbose; }
};

// Flags that change configuration or where entries come from.
struct SourceOptions {
  std::vector<std::string> profiles;
  std::vector<std::string> sets;       // section.path=value
  std::vector<std::string> overrides;  // each a comma-separated list of ns:entry:field=value
  std::string lock_file;
};

struct HelpRequest {
  std::string topic;  // a command ("registry list"), empty for the overview
};

struct VersionRequest {
  bool brief = false;
};

struct InitRequest {
  std::string src_dir = "./src";
  std::string modules_dir = ".wippy";
  std::string lock_file = "wippy.lock";
};

struct RunRequest {
  SourceOptions source;
  std::string exec;  // "ns:name", empty unless -x was given
  std::string host;
  std::string name;  // of a command, empty to start services only
  std::vector<std::string> args;

  // One process is run and the program ends with it.
  bool one_process() const { return !exec.empty() || !name.empty(); }
};

struct RunListRequest {
  SourceOptions source;
};

struct TestRequest {
  SourceOptions source;
  std::string host;
  std::vector<std::string> args;
};

struct LintRequest {
  SourceOptions source;
  std::string level = "warning";
  std::vector<std::string> namespaces;
  std::vector<std::string> codes;
  int limit = 0;
  bool summary = false;
  bool json = false;
  bool no_color = false;
  bool rules = false;
  bool cache_reset = false;
};

struct RegistryListRequest {
  SourceOptions source;
  std::string kind;
  std::string ns;
  std::string name;
  std::vector<std::string> meta;
  bool json = false;
  bool yaml = false;
};

struct RegistryShowRequest {
  SourceOptions source;
  std::string id;
  std::string field;
  bool json = false;
  bool yaml = false;
  bool raw = false;
};

enum class WorkflowVerb {
  list,
  show,
  history,
  signal,
  cancel,
  terminate,
  retry,
  query,
  update,
  exports,
  replay,
  migrate
};

struct WorkflowRequest {
  WorkflowVerb verb = WorkflowVerb::list;
  SourceOptions source;
  std::string store;               // entry or file, empty for all
  std::vector<std::string> words;  // id, topic, arguments; files
  // list:
  std::string status;
  std::string type;
  std::string since;
  std::string until;
  std::vector<std::string> attributes;  // name=value
  int limit = 50;
  // cancel, terminate:
  std::string reason;
  std::string timeout;    // update: how long to wait for the answer; empty: as long as it takes
  bool all = false;       // retry: every parked one; migrate, replay: all that the flags of list let through
  bool own_code = false;  // replay --all: each on the code it is on
  bool dry_run = false;   // migrate
  bool events = false;    // history: the events instead of the steps
  bool json = false;
};

// Of what runs here, or in another folder.
struct ControlCommand {
  std::string directory;
  bool json = false;
};

struct PsRequest {
  ControlCommand control;
};

struct TreeRequest {
  ControlCommand control;
};

struct ReloadRequest {
  ControlCommand control;
};

struct HostWorkersRequest {
  ControlCommand control;
  std::string host;
  int64_t workers = 0;
};

using Request = std::variant<HelpRequest, VersionRequest, InitRequest, RunRequest, RunListRequest,
                             TestRequest, LintRequest, RegistryListRequest, RegistryShowRequest, PsRequest,
                             TreeRequest, ReloadRequest, HostWorkersRequest, WorkflowRequest>;

struct CommandLine {
  GlobalOptions global;
  Request request;
};

// `args` without the program's name. Errors are usage errors, ready to be shown; `console` tells how
// even when nothing else could be understood.
Result<CommandLine> parse_command_line(const std::vector<std::string>& args);

// Whether -c stands among the flags, for showing the error of a line that could not be parsed.
bool wants_console(const std::vector<std::string>& args);

}  // namespace trivium::cli
