// Where a PostgreSQL store is.
#pragma once

#include <string>

#include "core/duration.h"

namespace trivium::units::workflows {

struct PostgresOptions {
  // A connection string or URI of libpq, or else the single parts (empty: libpq's own defaults).
  std::string dsn;
  std::string host;
  std::string port;
  std::string database;
  std::string user;
  std::string password;
  std::string schema = "trivium";
  // How long a runtime that gives no sign of life keeps its runs; also how long a transaction of one that was
  // stopped in the middle may hold its locks.
  Duration lease = std::chrono::seconds(10);
  // Connections of a worker for its transactions and for what only looks; one more hears of changes.
  int64_t pool_size = 2;
  bool migrate = true;  // false: refuse a schema of another version, as the command line does
};

// What is wrong with a connection string; empty: nothing.
std::string dsn_problem(const std::string& dsn);

// For messages: without the password.
std::string describe(const PostgresOptions& options);

}  // namespace trivium::units::workflows
