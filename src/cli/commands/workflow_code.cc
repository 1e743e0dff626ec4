#include "cli/commands/workflow_code.h"

#include "cli/application.h"
#include "cli/log_setup.h"

namespace trivium::cli {

Result<std::unique_ptr<Replayer>> compiled_workflows(const GlobalOptions& global, const SourceOptions& source,
                                                     const RuntimeFactory& make) {
  const auto config = load_config(global, source);
  if (!config) return fail(config.error());
  const Log log(make_log_router(global, source, **config, true), "workflow");
  const auto application = load_checked(global, source, **config, make, log);
  if (!application) return fail(application.error());
  return Replayer::create(*application, log);
}

Result<Replayer::Code> recorded_code(const Replayer& replayer, const FoundRun& found) {
  auto source = found.store->open->source(found.run.code_hash);
  if (!source) return fail(std::move(source.error()));
  return replayer.compile(found.run.code_hash, std::move(*source));
}

}  // namespace trivium::cli
