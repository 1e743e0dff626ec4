// A PostgreSQL server of a test's own; gone with it.
#pragma once

#include <sys/types.h>

#include <string>

#include "units/workflows/postgres/options.h"

namespace trivium::units::workflows::testing {

class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  PostgresOptions options() const;
  // As with kill -9.
  void kill();
  void start();
  // One statement on a connection of its own; the first column of the first row.
  std::string sql(const std::string& statement) const;

 private:
  std::string folder_;
  pid_t server_ = -1;
};

}  // namespace trivium::units::workflows::testing
