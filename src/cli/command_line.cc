// The only file that includes CLI11. A line is parsed by an application object that knows the flags
// of the one command that was typed: building all of them would take longer than most commands.
#include "cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cctype>
#include <charconv>
#include <functional>

#include "app/similar.h"
#include "cli/command_names.h"

namespace trivium::cli {
namespace {

using Args = std::vector<std::string>;

class Parser {
 public:
  explicit Parser(GlobalOptions& global) {
    app_.set_help_flag("");
    app_.allow_extras();
    app_.add_flag("-h,--help", help_);
    list("--config", global.config);
    app_.add_option("-m,--memory-limit", global.memory_limit);
    app_.add_flag("-v,--verbose", global.verbose);
    app_.add_flag("--very-verbose", global.very_verbose);
    app_.add_flag("-c,--console", global.console);
    app_.add_flag("-s,--silent", global.silent);
    app_.add_flag("-e,--event-streams", global.event_streams);
    app_.add_flag("-p,--profiler", global.profiler);
    app_.add_flag("--lenient", global.lenient);
  }

  CLI::App& app() { return app_; }
  bool help() const { return help_; }

  // A flag that may be repeated and takes one value each time.
  void list(const std::string& names, Args& values) {
    app_.add_option(names, values)->allow_extra_args(false);
  }
  // The same with comma-separated values.
  void comma_list(const std::string& names, Args& values) {
    app_.add_option(names, values)->allow_extra_args(false)->delimiter(',');
  }
  void layers(SourceOptions& source) {
    list("--profile", source.profiles);
    list("--set", source.sets);
  }
  void overrides(SourceOptions& source) {
    list("-o,--override", source.overrides);
    app_.add_option("--registry", ignored_);
  }
  void lock_file(SourceOptions& source) { app_.add_option("-l,--lock-file", source.lock_file); }

  // The arguments that are no flags. They do not go through CLI11's positionals, which take
  // "[1,2]" apart.
  Result<Args> parse(Args args, const std::string& command) {
    std::reverse(args.begin(), args.end());
    try {
      app_.parse(std::move(args));
    } catch (const CLI::ArgumentMismatch& error) {
      const std::string text = error.what();
      return fail(kind::invalid, "flag needs a value: " + text.substr(0, text.find(':')));
    } catch (const CLI::ConversionError& error) {
      return fail(wrong_value(error.what()));
    } catch (const CLI::Error& error) {
      return fail(kind::invalid, error.what());
    }
    Args words = app_.remaining();
    for (const std::string& word : words) {
      const bool flag =
          word.size() > 1 && word[0] == '-' && !std::isdigit(static_cast<unsigned char>(word[1]));
      if (flag) return unknown_flag(word, command);
    }
    return words;
  }

 private:
  // `text`: "Could not convert: --limit = abc".
  Error wrong_value(const std::string& text) const {
    const size_t name = text.find("--");
    const size_t equals = text.find(" = ");
    if (name < equals && equals != std::string::npos) {
      const std::string flag = text.substr(name, equals - name);
      const CLI::Option* option = app_.get_option_no_throw(flag);
      if (option != nullptr && option->get_type_name() == "INT") {
        return Error::of(kind::invalid, flag + " must be a whole number, not " + text.substr(equals + 3));
      }
    }
    return Error::of(kind::invalid, "invalid value: " + text);
  }

  tl::unexpected<Error> unknown_flag(const std::string& word, const std::string& command) {
    const std::string name = word.substr(0, word.find('='));
    Args known;
    for (const CLI::Option* option : app_.get_options()) {
      for (const std::string& other : option->get_lnames()) known.push_back("--" + other);
    }
    std::string message = "unknown flag " + name;
    const std::string hint = name.starts_with("--") ? app::did_you_mean(name, known) : "";
    if (!hint.empty()) message += ": " + hint;
    message += "\nSee 'trivium " + command + (command.empty() ? "" : " ") + "--help' for its flags";
    const bool passes_arguments = command == "run" || command == "test";
    message += passes_arguments ? "; to pass it on to the process, put -- before it." : ".";
    return fail(kind::invalid, message);
  }

  CLI::App app_;
  bool help_ = false;
  std::string ignored_;
};

Result<> no_words(const Args& words, const std::string& command) {
  if (words.empty()) return {};
  return fail(kind::invalid, "'" + command + "' takes no argument \"" + words.front() + "\"");
}

// How the flags of a command go into its request: first they are declared, then the words that
// are left are taken. finish() returns the request.
struct Reading {
  Parser& parser;
  const CutLine& line;

  // The arguments, those behind `--` included.
  Result<Args> words() {
    auto words = parser.parse(line.rest, line.command);
    if (words) words->insert(words->end(), line.literal.begin(), line.literal.end());
    return words;
  }

  template <class R>
  Result<Request> finish(R& request, const std::function<Result<>(Args)>& take) {
    auto left = words();
    if (!left) return fail(left.error());
    if (parser.help()) return Request(HelpRequest{line.command});
    const auto taken = take(std::move(*left));
    if (!taken) return fail(taken.error());
    return Request(std::move(request));
  }
  template <class R>
  Result<Request> finish(R& request) {
    return finish(request, [this](const Args& left) { return no_words(left, line.command); });
  }
};

Result<Request> read_run(Reading reading) {
  RunRequest run;
  reading.parser.app().add_option("-x,--exec", run.exec);
  reading.parser.app().add_option("--host", run.host);
  reading.parser.layers(run.source);
  reading.parser.overrides(run.source);
  reading.parser.lock_file(run.source);
  auto request = reading.finish(run, [&run](Args words) -> Result<> {
    if (run.exec.empty() && !words.empty()) {
      run.name = words.front();
      words.erase(words.begin());
    }
    run.args = std::move(words);
    return {};
  });
  const auto* parsed = request ? std::get_if<RunRequest>(&*request) : nullptr;
  // A `list` behind -- is a command of that name.
  if (parsed && parsed->name == "list" && reading.line.literal.size() <= parsed->args.size()) {
    return Request(RunListRequest{parsed->source});
  }
  return request;
}

Result<Request> read_test(Reading reading) {
  TestRequest test;
  reading.parser.app().add_option("--host", test.host);
  reading.parser.layers(test.source);
  reading.parser.overrides(test.source);
  reading.parser.lock_file(test.source);
  return reading.finish(test, [&test](Args words) -> Result<> {
    test.args = std::move(words);
    return {};
  });
}

Result<Request> read_lint(Reading reading) {
  LintRequest lint;
  CLI::App& app = reading.parser.app();
  reading.parser.layers(lint.source);
  reading.parser.lock_file(lint.source);
  app.add_option("--level", lint.level);
  reading.parser.comma_list("--ns", lint.namespaces);
  reading.parser.comma_list("--code", lint.codes);
  app.add_option("--limit", lint.limit);
  app.add_flag("--summary", lint.summary);
  app.add_flag("--json", lint.json);
  app.add_flag("--no-color", lint.no_color);
  app.add_flag("--rules", lint.rules);
  app.add_flag("--cache-reset", lint.cache_reset);
  return reading.finish(lint, [&lint](const Args& words) -> Result<> {
    const bool known = lint.level == "error" || lint.level == "warning" || lint.level == "hint";
    if (!known)
      return fail(kind::invalid, "--level must be error, warning or hint, not \"" + lint.level + "\"");
    return no_words(words, "lint");
  });
}

Result<Request> read_registry_list(Reading reading) {
  RegistryListRequest list;
  CLI::App& app = reading.parser.app();
  reading.parser.layers(list.source);
  reading.parser.lock_file(list.source);
  app.add_option("-k,--kind", list.kind);
  app.add_option("-n,--ns", list.ns);
  app.add_option("--name", list.name);
  reading.parser.list("--meta", list.meta);
  app.add_flag("--json", list.json);
  app.add_flag("--yaml", list.yaml);
  return reading.finish(list);
}

Result<Request> read_registry_show(Reading reading) {
  RegistryShowRequest show;
  CLI::App& app = reading.parser.app();
  reading.parser.layers(show.source);
  reading.parser.lock_file(show.source);
  app.add_option("-f,--field", show.field);
  app.add_flag("--json", show.json);
  app.add_flag("--yaml", show.yaml);
  app.add_flag("--raw", show.raw);
  return reading.finish(show, [&show](Args words) -> Result<> {
    if (words.size() != 1)
      return fail(kind::invalid, "'registry show' takes one entry: trivium registry show ns:name");
    show.id = words.front();
    return {};
  });
}

struct WorkflowShape {
  std::string_view command;
  WorkflowVerb verb;
  size_t least = 0;  // words
  size_t most = 0;
  std::string_view usage;
};

constexpr size_t any_number = SIZE_MAX;
constexpr WorkflowShape workflow_shapes[] = {
    {"workflow list", WorkflowVerb::list, 0, 0, "list [flags]"},
    {"workflow show", WorkflowVerb::show, 1, 1, "show ID"},
    {"workflow history", WorkflowVerb::history, 1, 1, "history ID"},
    {"workflow signal", WorkflowVerb::signal, 2, any_number, "signal ID TOPIC [VALUE…]"},
    {"workflow cancel", WorkflowVerb::cancel, 1, 1, "cancel ID [--reason TEXT]"},
    {"workflow terminate", WorkflowVerb::terminate, 1, 1, "terminate ID [--reason TEXT]"},
    {"workflow retry", WorkflowVerb::retry, 0, 1, "retry ID, or retry --all"},
    {"workflow migrate", WorkflowVerb::migrate, 0, 1, "migrate ID, or migrate --all [flags]"},
    {"workflow query", WorkflowVerb::query, 2, any_number, "query ID NAME [VALUE…]"},
    {"workflow update", WorkflowVerb::update, 2, any_number, "update ID NAME [VALUE…]"},
    {"workflow export", WorkflowVerb::exports, 1, 1, "export ID"},
    {"workflow replay", WorkflowVerb::replay, 0, any_number, "replay FILE…, or replay --all [flags]"},
};

void declare(CLI::App& app, Parser& parser, WorkflowRequest& request) {
  if (request.verb != WorkflowVerb::exports) app.add_flag("--json", request.json);
  if (request.verb == WorkflowVerb::list || request.verb == WorkflowVerb::migrate ||
      request.verb == WorkflowVerb::replay) {
    app.add_option("--status", request.status);
    app.add_option("-t,--type", request.type);
    app.add_option("--since", request.since);
    app.add_option("--until", request.until);
    parser.list("--attr", request.attributes);
  }
  switch (request.verb) {
    case WorkflowVerb::list:
      app.add_option("--limit", request.limit);
      break;
    case WorkflowVerb::migrate:
      app.add_flag("--all", request.all);
      app.add_flag("--dry-run", request.dry_run);
      break;
    case WorkflowVerb::history:
      app.add_flag("--events", request.events);
      break;
    case WorkflowVerb::cancel:
    case WorkflowVerb::terminate:
      app.add_option("--reason", request.reason);
      break;
    case WorkflowVerb::retry:
      app.add_flag("--all", request.all);
      break;
    case WorkflowVerb::replay:
      app.add_flag("--all", request.all);
      app.add_flag("--own-code", request.own_code);
      break;
    case WorkflowVerb::update:
      app.add_option("--timeout", request.timeout);
      break;
    default:
      break;
  }
}

bool chooses(const WorkflowRequest& request) {
  return !(request.status.empty() && request.type.empty() && request.since.empty() && request.until.empty() &&
           request.attributes.empty());
}

Result<Request> read_workflow(Reading reading, const WorkflowShape& shape) {
  WorkflowRequest workflow;
  workflow.verb = shape.verb;
  reading.parser.layers(workflow.source);
  reading.parser.lock_file(workflow.source);
  reading.parser.app().add_option("--store", workflow.store);
  declare(reading.parser.app(), reading.parser, workflow);
  return reading.finish(workflow, [&](Args words) -> Result<> {
    const bool one_or_all = shape.verb == WorkflowVerb::retry || shape.verb == WorkflowVerb::migrate ||
                            shape.verb == WorkflowVerb::replay;
    const size_t least = one_or_all && !workflow.all ? 1 : shape.least;
    const size_t most = workflow.all ? 0 : shape.most;
    if (words.size() < least || words.size() > most) {
      return fail(kind::invalid, "usage: trivium workflow " + std::string(shape.usage));
    }
    if (one_or_all && !workflow.all && (chooses(workflow) || workflow.own_code)) {
      return fail(kind::invalid, "flags that choose among workflows go with --all");
    }
    if (workflow.limit < 1) return fail(kind::invalid, "--limit must be at least 1");
    workflow.words = std::move(words);
    return {};
  });
}

void control_flags(CLI::App& app, ControlCommand& control) {
  app.add_option("-C,--dir", control.directory);
  app.add_flag("--json", control.json);
}

template <class R>
Result<Request> read_control(Reading reading) {
  R request;
  control_flags(reading.parser.app(), request.control);
  return reading.finish(request);
}

Result<Request> read_host_workers(Reading reading) {
  HostWorkersRequest request;
  control_flags(reading.parser.app(), request.control);
  return reading.finish(request, [&request](const Args& words) -> Result<> {
    const auto usage = [] {
      return fail(kind::invalid, "'host workers' takes a host and a number: trivium host workers ns:name 4");
    };
    if (words.size() != 2) return usage();
    request.host = words[0];
    const char* end = words[1].data() + words[1].size();
    const auto read = std::from_chars(words[1].data(), end, request.workers);
    if (read.ec != std::errc() || read.ptr != end || request.workers < 1) return usage();
    return {};
  });
}

Result<Request> read_init(Reading reading) {
  InitRequest init;
  CLI::App& app = reading.parser.app();
  app.add_option("-d,--src-dir", init.src_dir);
  app.add_option("--modules-dir", init.modules_dir);
  app.add_option("-l,--lock-file", init.lock_file);
  return reading.finish(init);
}

Result<Request> read_version(Reading reading) {
  VersionRequest version;
  reading.parser.app().add_flag("--short", version.brief);
  return reading.finish(version);
}

Result<Request> read_help(Reading reading) {
  HelpRequest help;
  return reading.finish(help, [&help](const Args& words) -> Result<> {
    for (const std::string& word : words) help.topic += (help.topic.empty() ? "" : " ") + word;
    if (help.topic == "run list") help.topic = "run";
    if (help.topic.empty() || is_command(help.topic)) return {};
    return fail(kind::invalid, "no help for \"" + help.topic + "\": there is no such command");
  });
}

// Without a command: the overview, unless --version was typed.
Result<Request> read_nothing(Reading reading) {
  bool version = false;
  HelpRequest help{reading.line.command};
  if (help.topic.empty()) reading.parser.app().add_flag("--version", version);
  auto request = reading.finish(help);
  if (request && version && !reading.parser.help()) return Request(VersionRequest{});
  return request;
}

Result<Request> read(const std::string& command, Reading reading) {
  if (command == "run") return read_run(reading);
  if (command == "test") return read_test(reading);
  if (command == "lint") return read_lint(reading);
  if (command == "registry list") return read_registry_list(reading);
  if (command == "registry show") return read_registry_show(reading);
  for (const WorkflowShape& shape : workflow_shapes) {
    if (command == shape.command) return read_workflow(reading, shape);
  }
  if (command == "ps") return read_control<PsRequest>(reading);
  if (command == "tree") return read_control<TreeRequest>(reading);
  if (command == "reload") return read_control<ReloadRequest>(reading);
  if (command == "host workers") return read_host_workers(reading);
  if (command == "init") return read_init(reading);
  if (command == "version") return read_version(reading);
  if (command == "help") return read_help(reading);
  return read_nothing(reading);
}

}  // namespace

Result<CommandLine> parse_command_line(const Args& args) {
  const auto line = cut_line(args);
  if (!line) return fail(line.error());
  CommandLine result;
  Parser parser(result.global);
  auto request = read(line->command, {parser, *line});
  if (!request) return fail(request.error());
  result.request = std::move(*request);
  return result;
}

bool wants_console(const Args& args) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    if (arg == "--console") return true;
    const bool bundle = arg.size() > 1 && arg[0] == '-' && arg[1] != '-';
    if (bundle && arg.find_first_not_of("cvsepm", 1) == std::string::npos &&
        arg.find('c') != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace trivium::cli
