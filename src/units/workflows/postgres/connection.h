// One connection to PostgreSQL in pipeline mode: statements are sent without waiting, so that a transaction
// of many costs few round trips.
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "core/error.h"
#include "units/workflows/postgres/options.h"
#include "units/workflows/postgres/parameters.h"
#include "units/workflows/postgres/sql_error.h"

namespace trivium::units::workflows {

// One thread. Calls block. After an error everything does nothing until clear_error(); once the connection is
// lost nothing helps but a new one.
class Connection {
 public:
  // Sessions find the store's schema on their search path and give up locks they wait for, or hold without
  // doing anything, for too long.
  static Result<std::unique_ptr<Connection>> open(const PostgresOptions& options);

  // A script of statements without parameters. Only before enter_pipeline(), or without it.
  std::optional<Rows> execute(const std::string& sql);
  bool enter_pipeline();
  // Whether the server has closed it while it was idle. Sends nothing.
  bool closed();

  // Queues a statement, whose rows nobody wants. `sql` is a literal: its address names the prepared
  // statement.
  void send(const char* sql, std::span<const Parameter> parameters = {});
  // Sends it and waits for it and all before it. Nothing: error() says why.
  std::optional<Rows> query(const char* sql, std::span<const Parameter> parameters = {});
  // Waits for everything that was sent. False: error() says why.
  bool finish();

  const std::optional<SqlError>& error() const { return error_; }
  // Ends the failed transaction, if there is one.
  void clear_error();
  bool lost() const { return error_ && error_->lost(); }
  PGconn* handle() const { return connection_.get(); }

 private:
  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Sent {
    const char* prepares;  // the statement it prepares, or null
  };

  explicit Connection(PGconn* connection) : connection_(connection) {}
  bool sent(int ok);
  void fail_with(SqlError error);
  void note(PGresult* result);
  void note_lost();
  // Takes the results of all that was sent; returns the last.
  PGresult* drain();
  void synchronize();

  std::unique_ptr<PGconn, Close> connection_;
  std::unordered_map<const char*, std::string> names_;  // of prepared statements
  int last_name_ = 0;
  std::deque<Sent> sent_;
  std::optional<SqlError> error_;
};

// "schema" with quotes.
std::string quoted(std::string_view identifier);

}  // namespace trivium::units::workflows
