// Histories in a PostgreSQL schema, which several runtimes may share (docs/internals/workflows.md).
#pragma once

#include <memory>

#include "units/workflows/postgres/options.h"
#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// One thread at a time. A connection that was lost is opened again by the next run().
class PostgresStore final : public Store {
 public:
  // Conflict: a newer runtime wrote the schema. Unavailable: the database cannot be reached or prepared.
  static Result<std::unique_ptr<PostgresStore>> open(const PostgresOptions& options);
  // The same, connected when it is first used.
  static std::unique_ptr<PostgresStore> open_later(const PostgresOptions& options);
  ~PostgresStore() override;

  // If the connection is lost while the transaction is committed, nobody knows whether it was: the jobs fail
  // with Unavailable and what they did may be there.
  void run(std::span<Job> jobs) override;

 private:
  class Impl;
  explicit PostgresStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The name of the channel on which runtimes of a schema tell each other of changes.
std::string channel_of(const PostgresOptions& options);

}  // namespace trivium::units::workflows
