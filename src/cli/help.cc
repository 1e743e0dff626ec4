#include "cli/help.h"

namespace trivium::cli {
namespace {

constexpr std::string_view overview =
    R"(Trivium runs applications made of Lua functions, processes and durable workflows.

Usage: trivium [global flags] <command> [flags] [arguments]

Run the application in this directory
  run [name] [args…]    start its services, or one of its commands
  run list              show its commands
  test [args…]          run its tests

Look at it without starting it
  lint                  check entries and Lua sources
  registry list         list its entries
  registry show ID      show one entry

Look at it while it runs
  ps                    its hosts, processes and functions
  tree                  its services and what their supervisors run
  reload                take over what changed in its files
  host workers ID N     let N processes of a host run at the same moment

Look after its workflows
  workflow list         list them; 'trivium workflow --help' tells what else there is

More
  init                  write a lock file for a new project
  version               show the version
  help [command]        this text, or the help of one command

Examples
  trivium run                         start and stay until Ctrl+C
  trivium run migrate up              run the command "migrate" with the argument "up"
  trivium run -x app.jobs:report      run one process, whether or not it is a command
  trivium registry list -k 'http.*'   what is behind HTTP

)";

constexpr std::string_view global_flags = R"(Global flags, anywhere on the line
      --config FILE        read FILE instead of .trivium.yaml; repeatable, later files win
  -c, --console            log for people: colored, with the seconds since the start
  -v, --verbose            log debug records too
      --very-verbose       the same, with stack traces
  -s, --silent             log nothing
  -e, --event-streams      send every log record to the event bus as well
  -p, --profiler           set profiler.enabled, address localhost:6060
  -m, --memory-limit SIZE  soft limit such as 512M or 2G (default $GOMEMLIMIT, else none)
      --lenient            warn about broken files and skip them instead of refusing to start
  -h, --help               show help
)";

constexpr std::string_view run = R"(Starts the application in this directory.

Usage: trivium run [flags]                   start services, stay until Ctrl+C
       trivium run [flags] NAME [args…]      run the command NAME and exit with its status
       trivium run [flags] -x ID [args…]     run the process ID and exit with its status
       trivium run list                      show the commands there are

A command is a process with meta.command.name. It runs on the terminal.host of the application and
gets the arguments as strings; logs are off unless one of -v, -c, --very-verbose asks for them.

Flags
  -x, --exec ID            run this process (ns:name, or a name only one process has)
      --host ID            run it on this host instead of the only terminal.host
  -o, --override K=V       set a field of an entry: -o app:gateway:addr=:9090; repeatable
      --set K=V            set a configuration value: --set shutdown.timeout=5s; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file
      --registry URL       ignored, for compatibility

Arguments that look like flags go behind --:
  trivium run import -- --dry-run data.csv

)";

constexpr std::string_view test = R"(Runs the application's tests and exits with their status.

Usage: trivium test [flags] [args…]

The tests are the process with meta.command.use_case "test"; without one, the command named "test".
It is run like any command: see 'trivium run --help'.

Flags
      --host ID            run on this host instead of the only terminal.host
  -o, --override K=V       set a field of an entry; repeatable
      --set K=V            set a configuration value; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file
      --registry URL       ignored, for compatibility

Example
  trivium test orders -v

)";

constexpr std::string_view lint =
    R"(Checks entries and Lua sources without starting anything. Exits with 1 when there are errors.

Usage: trivium lint [flags]

Flags
      --ns PATTERN         report this namespace only; a.* means a and all below; repeatable, or a,b
      --code CODE          report these codes only; repeatable, or P0001,W0001
      --level LEVEL        report error, warning (default) or hint and worse
      --limit N            print at most N diagnostics
      --summary            print the counts only
      --json               print one line of JSON
      --no-color           no colors, even on a terminal
      --rules              accepted; there are no rules of style
      --cache-reset        accepted; nothing is cached
      --set K=V            set a configuration value; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file

Examples
  trivium lint --ns app.orders.*
  trivium lint --level error --json

)";

constexpr std::string_view registry = R"(Shows the entries of the application without starting it.

Usage: trivium registry list [flags]         list entries
       trivium registry show ID [flags]      show one entry

See 'trivium registry list --help' and 'trivium registry show --help'.

)";

constexpr std::string_view registry_list = R"(Lists the entries of the application.

Usage: trivium registry list [flags]

Flags
  -k, --kind GLOB          of this kind: function.lua, process.*
  -n, --ns GLOB            in this namespace
      --name GLOB          with this name
      --meta CONDITION     with this meta: field=value, field~regex, field*contains, field^prefix,
                           field$suffix; repeatable, all must hold
      --json, --yaml       print id, kind and meta for programs
      --set K=V            set a configuration value; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file

Examples
  trivium registry list -k 'http.*' -n app.api
  trivium registry list --meta command.name=migrate --json

)";

constexpr std::string_view registry_show = R"(Shows one entry: id, kind, meta and data.

Usage: trivium registry show ID [flags]

ID is ns:name, or a name that only one entry has.

Flags
  -f, --field NAME         print this field of the data only
      --json, --yaml       print for programs
      --raw                with --field: no newline at the end
      --set K=V            set a configuration value; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file

Examples
  trivium registry show app:gateway
  trivium registry show app:handler --field source --raw > handler.lua

)";

constexpr std::string_view workflow =
    R"(Looks at workflows, whether or not the application runs, and asks things of them.

Usage: trivium workflow list [flags]              list runs, the newest first
       trivium workflow show ID                   one run: state, pending work, outcome
       trivium workflow history ID                its steps in time
       trivium workflow signal ID TOPIC [VALUE…]  send a message
       trivium workflow cancel ID                 ask it to stop
       trivium workflow terminate ID              end it at once
       trivium workflow retry ID | --all          let a parked run try again
       trivium workflow migrate ID | --all        go over to this application's code, if it fits
       trivium workflow query ID NAME [VALUE…]    ask a handler of its code
       trivium workflow update ID NAME [VALUE…]   ask it for something, and print its answer
       trivium workflow export ID                 its history as JSON, for files
       trivium workflow replay FILE… | --all      run today's code over histories

ID is a workflow ID (its latest run), a run ID or a PID; to look, the beginning of one will do.
VALUE is JSON, or else a text.

Flags
      --status STATE       list, migrate, replay: running, parked, old (not on the newest code),
                           completed, failed, canceled, terminated, continued or timedout
  -t, --type TYPE          list, migrate, replay: of this type
      --since, --until T   list, migrate, replay: started after, before: 2h (ago), 2026-01-31,
                           2026-01-31 09:00:00
      --attr NAME=VALUE    list, migrate, replay: with this search attribute; repeatable; != < <= >
                           >= in place of =, with times as for --since
      --limit N            list: at most N (default 50)
      --events             history: the events instead of the steps
      --all                retry, migrate, replay: all of them
      --own-code           replay --all: each on the code it is on
      --dry-run            migrate: only say what would happen
      --reason TEXT        cancel, terminate: why
      --timeout T          update: wait at most so long for the answer (5s)
      --store ID           in this store only: an entry or a file
      --json               print for programs
      --set K=V            set a configuration value; repeatable
      --profile NAME       add a profile of the configuration; repeatable
  -l, --lock-file FILE     read this lock file

Examples
  trivium workflow list --status parked
  trivium workflow signal order-3 approve '{"by":"Ana"}'
  trivium workflow export order-3 > order-3.json && trivium workflow replay order-3.json

)";

constexpr std::string_view init =
    R"(Writes a lock file that says where the application's files are, or updates the one there is.

Usage: trivium init [flags]

Flags
  -d, --src-dir DIR        entries and sources (default ./src)
      --modules-dir DIR    modules of others (default .wippy)
  -l, --lock-file FILE     the file to write (default wippy.lock)

)";

constexpr std::string_view ps = R"(Shows what runs in this directory: hosts, processes, functions.

Usage: trivium ps [flags]

Flags
  -C, --dir FOLDER         of the application that runs in FOLDER
      --json               one line of JSON

)";

constexpr std::string_view tree =
    R"(Shows the services of what runs in this directory, and the trees of their supervisors.

Usage: trivium tree [flags]

Flags
  -C, --dir FOLDER         of the application that runs in FOLDER
      --json               one line of JSON

)";

constexpr std::string_view reload =
    R"(Takes over what changed in the files of what runs in this directory. Either all of it, or, with the reasons,
nothing. Calls and processes in progress go on with their code; the new code is for those that come.

Usage: trivium reload [flags]

Flags
  -C, --dir FOLDER         of the application that runs in FOLDER
      --json               one line of JSON

)";

constexpr std::string_view host = R"(Changes a host of what runs in this directory, until it is started again.

Usage: trivium host workers ID N [flags]     let N of its processes run at the same moment

More workers than there are threads add threads.

Flags
  -C, --dir FOLDER         of the application that runs in FOLDER
      --json               one line of JSON

)";

constexpr std::string_view version = R"(Shows the version.

Usage: trivium version [--short]

Flags
      --short              the number only

)";

std::string_view specific(std::string_view topic) {
  if (topic == "run") return run;
  if (topic == "test") return test;
  if (topic == "lint") return lint;
  if (topic == "registry") return registry;
  if (topic == "registry list") return registry_list;
  if (topic == "registry show") return registry_show;
  if (topic == "workflow" || topic.starts_with("workflow ")) return workflow;
  if (topic == "ps") return ps;
  if (topic == "tree") return tree;
  if (topic == "reload") return reload;
  if (topic == "host" || topic == "host workers") return host;
  if (topic == "init") return init;
  if (topic == "version") return version;
  return overview;
}

}  // namespace

std::string help_text(std::string_view topic) {
  std::string text(specific(topic));
  text += global_flags;
  return text;
}

}  // namespace trivium::cli
