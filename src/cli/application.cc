#include "cli/application.h"

#include <cstdlib>

#include "app/config_flags.h"
#include "app/loader.h"
#include "app/pipeline.h"

namespace trivium::cli {

Result<std::shared_ptr<const app::Config>> load_config(const GlobalOptions& global,
                                                       const SourceOptions& source) {
  app::ConfigOptions options;
  options.files.assign(global.config.begin(), global.config.end());
  options.profiles = source.profiles;
  options.sets = source.sets;
  options.overrides = source.overrides;
  if (global.event_streams) options.flags.emplace_back("logmanager.stream_to_events", true);
  if (global.profiler) {
    options.flags.emplace_back("profiler.enabled", true);
    options.flags.emplace_back("profiler.address", "localhost:6060");
  }
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  app::Problems problems;
  auto config = std::make_shared<const app::Config>(app::Config::load(options, problems));
  if (!problems.empty()) return fail(problems.to_error());
  return config;
}

std::optional<LogLevel> min_level(const SourceOptions& source) {
  std::optional<LogLevel> level;
  for (const std::string& text : source.sets) {
    const auto set = app::parse_set(text);
    if (!set || set->section != "logmanager" || set->key != "min_level" || !set->value.is_int()) continue;
    const int64_t wanted = set->value.as_int();
    level = static_cast<LogLevel>(wanted < -1 ? -1 : wanted > 2 ? 2 : wanted);
  }
  return level;
}

Inspected read_entries(const app::Config& config, const GlobalOptions& global, const SourceOptions& source,
                       app::Problems& problems) {
  const Log log;
  app::LoadOptions options;
  options.lenient = global.lenient;
  options.layout.replacements = config.replacements();
  if (!source.lock_file.empty()) options.layout.lock_file = source.lock_file;
  app::Loaded loaded = app::load_entries(options, log, problems);
  auto entries =
      app::run_pipeline(std::move(loaded.entries), {config.overrides(), config.disable()}, log, problems);
  return {std::move(entries), std::move(loaded.broken_namespaces), loaded.layout.found};
}

Error no_application() {
  return Error::of(kind::not_found,
                   "lock file not found: here is neither trivium.lock nor wippy.lock nor a directory src");
}

Result<Inspected> inspect_application(const GlobalOptions& global, const SourceOptions& source) {
  const auto config = load_config(global, source);
  if (!config) return fail(config.error());
  app::Problems problems;
  Inspected application = read_entries(**config, global, source, problems);
  if (!problems.empty()) return fail(problems.to_error());
  if (!application.found) return fail(no_application());
  return application;
}

Result<app::Application> load_checked(const GlobalOptions& global, const SourceOptions& source,
                                      const app::Config& config, const RuntimeFactory& make, const Log& log) {
  app::ApplicationOptions options;
  if (!source.lock_file.empty()) options.lock_file = source.lock_file;
  options.lenient = global.lenient;
  if (make.supported) {
    Supported supported = make.supported();
    options.kinds = supported.kinds;
    options.modules = std::move(supported.modules);
    options.workflow_modules = std::move(supported.workflow_modules);
    options.check_program = std::move(supported.check_program);
  }
  return app::load_application(config, options, log);
}

}  // namespace trivium::cli
