// Part of the tests' executable, not of the library: hence the name.
#include "units/workflows/testing/postgres_server.h"

#include <postgresql/libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

namespace trivium::units::workflows::testing {
namespace {

std::string script() {
  return (std::filesystem::path(__FILE__).parent_path() / "../../../../tests/harness/postgres-server")
      .string();
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

}  // namespace

PostgresServer::PostgresServer() {
  char folder[] = "/tmp/trivium_pg_XXXXXX";
  if (mkdtemp(folder) == nullptr) give_up("no folder for PostgreSQL");
  folder_ = folder;
  if (std::system((script() + " init " + folder_).c_str()) != 0) give_up("PostgreSQL cannot be prepared");
  start();
}

PostgresServer::~PostgresServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::start() {
  const std::string conninfo = "host=" + folder_ + " user=trivium dbname=trivium connect_timeout=5";
  for (;;) {
    const std::string program = script();
    server_ = fork();
    if (server_ == 0) {
      if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(126);
      execl(program.c_str(), program.c_str(), "run", folder_.c_str(), "-c", "fsync=off", nullptr);
      _exit(127);
    }
    // It may have to wait for what is left of one that was killed: then it ends and is started again.
    while (waitpid(server_, nullptr, WNOHANG) == 0) {
      if (PQping(conninfo.c_str()) == PQPING_OK) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void PostgresServer::kill() {
  if (server_ <= 0) return;
  if (std::system((script() + " kill " + std::to_string(server_)).c_str()) != 0) ::kill(server_, SIGKILL);
  waitpid(server_, nullptr, 0);
  server_ = -1;
}

PostgresOptions PostgresServer::options() const {
  PostgresOptions options;
  options.host = folder_;
  options.user = "trivium";
  options.database = "trivium";
  return options;
}

std::string PostgresServer::sql(const std::string& statement) const {
  const std::string conninfo =
      "host=" + folder_ + " user=trivium dbname=trivium options=-csearch_path=trivium";
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(conninfo.c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), statement.c_str()),
                                                              PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) give_up(PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace trivium::units::workflows::testing
