#include "cli/log_setup.h"

#include "cli/application.h"

namespace trivium::cli {

bool is_silent(const GlobalOptions& global, bool one_process) {
  return global.silent || (one_process && !global.debug() && !global.console);
}

LogFormat log_format(const GlobalOptions& global, const app::Config& config, bool one_process) {
  if (is_silent(global, one_process)) return LogFormat::silent;
  if (global.console) return LogFormat::console;
  return config.text("logger", "encoding", "") == "json" ? LogFormat::json : LogFormat::plain;
}

LogRouting log_routing(const GlobalOptions& global, const SourceOptions& source, const app::Config& config) {
  LogRouting routing;
  routing.output = config.boolean("logmanager", "propagate_downstream", true);
  routing.events = config.boolean("logmanager", "stream_to_events", false);
  routing.level = min_level(source).value_or(global.debug() ? LogLevel::debug : LogLevel::info);
  return routing;
}

std::shared_ptr<LogRouter> make_log_router(const GlobalOptions& global, const SourceOptions& source,
                                           const app::Config& config, bool one_process) {
  const LogFormat format = log_format(global, config, one_process);
  LogRouting routing = log_routing(global, source, config);
  // Records nobody will read are not even put together.
  if (format == LogFormat::silent) routing.output = false;
  return std::make_shared<LogRouter>(make_log_output({.format = format}), routing);
}

}  // namespace trivium::cli
