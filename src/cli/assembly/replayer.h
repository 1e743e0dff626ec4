// The application's workflows compiled, to run their code over histories without starting anything.
#pragma once

#include <memory>
#include <optional>

#include "app/application.h"
#include "cli/workflows/exported.h"
#include "core/log.h"
#include "units/workflows/replay_job.h"

namespace trivium::cli {

// One thread; calls block.
class Replayer {
 public:
  // `application` as loaded and checked. The error lists the mistakes in its programs.
  static Result<std::unique_ptr<Replayer>> create(const app::Application& application, const Log& log);
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  using Code = std::shared_ptr<const units::workflows::WorkflowCode>;

  // The application's code of a type; null: it has none.
  Code newest(const std::string& type) const;
  // Code as a store has it.
  Result<Code> compile(const std::string& hash, std::string source) const;

  // Whether the code (null: the newest) fits the history; the answer of a query handler at its end.
  units::workflows::ReplayOutcome replay(ExportedRun run,
                                         std::optional<units::workflows::WorkflowQuery> query = {},
                                         Code code = nullptr) const;

 private:
  struct Parts;
  explicit Replayer(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace trivium::cli
