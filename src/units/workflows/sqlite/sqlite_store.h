// Histories in one SQLite file, owned by one runtime (docs/internals/workflows.md has the tables).
#pragma once

#include <memory>
#include <string>

#include "units/workflows/store/store.h"

namespace trivium::units::workflows {

// One thread at a time.
class SqliteStore final : public Store {
 public:
  struct Options {
    std::string file;     // folders above it are made
    bool owner = true;    // false: beside the runtime that owns the file, which must exist
    bool durable = true;  // false: no waiting for the disk, for tests of everything else
  };
  // Conflict: another runtime has it, or a newer one wrote it. Unavailable: it cannot be opened or written.
  static Result<std::unique_ptr<SqliteStore>> open(const Options& options);
  ~SqliteStore() override;

  void run(std::span<Job> jobs) override;
  // Of the owner: the write-ahead log is long.
  bool untidy() const override;
  void tidy() override;
  // The file may not grow beyond this; as if the disk were that small.
  void limit_pages(int64_t pages);

 private:
  class Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace trivium::units::workflows
