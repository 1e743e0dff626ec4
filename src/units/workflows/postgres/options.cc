#include "units/workflows/postgres/options.h"

#include <libpq-fe.h>

#include <memory>

namespace trivium::units::workflows {

std::string dsn_problem(const std::string& dsn) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parts(
      PQconninfoParse(dsn.c_str(), &message), PQconninfoFree);
  std::string problem = message != nullptr ? message : "";
  PQfreemem(message);
  while (!problem.empty() && problem.back() == '\n') problem.pop_back();
  return problem;
}

std::string describe(const PostgresOptions& options) {
  std::string host = options.host;
  std::string port = options.port;
  std::string database = options.database;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parts(
      PQconninfoParse(options.dsn.c_str(), nullptr), PQconninfoFree);
  for (const PQconninfoOption* part = parts.get(); part != nullptr && part->keyword != nullptr; ++part) {
    if (part->val == nullptr) continue;
    const std::string keyword = part->keyword;
    if (keyword == "host" && host.empty()) host = part->val;
    if (keyword == "port" && port.empty()) port = part->val;
    if (keyword == "dbname" && database.empty()) database = part->val;
  }
  return "postgres " + (host.empty() ? "localhost" : host) + (port.empty() ? "" : ":" + port) + "/" +
         database + " schema " + options.schema;
}

}  // namespace trivium::units::workflows
