#include "units/workflows/postgres/connection.h"

#include <vector>

namespace trivium::units::workflows {
namespace {

std::string trimmed(const char* message) {
  std::string text = message != nullptr ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

// Keywords of libpq; later ones win, and a connection string counts as all of its keywords.
PGconn* connect(const PostgresOptions& options) {
  std::vector<const char*> keywords{"application_name", "connect_timeout", "tcp_user_timeout",
                                    "keepalives_idle", "dbname"};
  std::vector<const char*> values{"trivium", "5", "15000", "10", options.dsn.c_str()};
  const auto add = [&](const char* keyword, const std::string& value) {
    if (value.empty()) return;
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  };
  add("host", options.host);
  add("port", options.port);
  add("dbname", options.database);
  add("user", options.user);
  add("password", options.password);
  keywords.push_back("client_encoding");
  values.push_back("UTF8");
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectdbParams(keywords.data(), values.data(), 1);
}

}  // namespace

std::string quoted(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

Result<std::unique_ptr<Connection>> Connection::open(const PostgresOptions& options) {
  std::unique_ptr<Connection> made(new Connection(connect(options)));
  PQsetNoticeProcessor(
      made->handle(), [](void*, const char*) {}, nullptr);
  if (PQstatus(made->handle()) != CONNECTION_OK) {
    return fail(
        error_of({SqlError::Class::lost, "", trimmed(PQerrorMessage(made->handle()))}, describe(options)));
  }
  const std::string patience =
      std::to_string(std::chrono::ceil<std::chrono::milliseconds>(options.lease).count());
  // Every statement here finds its rows by an index, whatever the statistics of a young table say.
  const auto set = made->execute(
      "SET search_path TO " + quoted(options.schema) +
      ";SET idle_in_transaction_session_timeout = " + patience + ";SET lock_timeout = " + patience +
      ";SET enable_hashjoin = off;SET enable_mergejoin = off;SET enable_seqscan = off"
      ";SET jit = off;SET plan_cache_mode = force_generic_plan");
  if (!set) return fail(error_of(*made->error(), describe(options)));
  return made;
}

std::optional<Rows> Connection::execute(const std::string& sql) {
  if (error_) return std::nullopt;
  PGresult* result = PQexec(handle(), sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
    return Rows(result);
  note(result);
  PQclear(result);
  return std::nullopt;
}

bool Connection::enter_pipeline() { return PQenterPipelineMode(handle()) == 1; }

bool Connection::closed() {
  for (int look = 0; look < 2; ++look) {  // the first may find the server's last words
    if (PQconsumeInput(handle()) == 0 || PQstatus(handle()) != CONNECTION_OK) return true;
  }
  return false;
}

void Connection::fail_with(SqlError error) {
  if (!error_ || (error.lost() && !error_->lost())) error_ = std::move(error);
}

void Connection::note(PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  SqlError error;
  error.state = state != nullptr ? state : "";
  error.what = PQstatus(handle()) == CONNECTION_OK ? classify(error.state) : SqlError::Class::lost;
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  error.message = trimmed(primary != nullptr ? primary : PQresultErrorMessage(result));
  if (error.message.empty()) error.message = trimmed(PQerrorMessage(handle()));
  fail_with(std::move(error));
}

void Connection::note_lost() { fail_with({SqlError::Class::lost, "", trimmed(PQerrorMessage(handle()))}); }

bool Connection::sent(int ok) {
  if (ok == 1) return true;
  note_lost();
  return false;
}

void Connection::send(const char* sql, std::span<const Parameter> parameters) {
  if (error_) return;
  const auto [name, fresh] = names_.try_emplace(sql);
  if (fresh) {
    name->second = "s" + std::to_string(++last_name_);
    if (!sent(PQsendPrepare(handle(), name->second.c_str(), sql, 0, nullptr))) return;
    sent_.push_back({sql});
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  values.reserve(parameters.size());
  lengths.reserve(parameters.size());
  formats.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    if (!parameter.binary && parameter.bytes.find('\0') != std::string::npos) {
      return fail_with({SqlError::Class::fatal, "22021", "a text must not contain the byte 0"});
    }
    values.push_back(parameter.bytes.c_str());
    lengths.push_back(static_cast<int>(parameter.bytes.size()));
    formats.push_back(parameter.binary ? 1 : 0);
  }
  if (!sent(PQsendQueryPrepared(handle(), name->second.c_str(), static_cast<int>(values.size()),
                                values.data(), lengths.data(), formats.data(), 0))) {
    return;
  }
  sent_.push_back({nullptr});
}

std::optional<Rows> Connection::query(const char* sql, std::span<const Parameter> parameters) {
  send(sql, parameters);
  if (error_) return std::nullopt;
  if (!sent(PQsendFlushRequest(handle())) || !sent(PQflush(handle()) == 0 ? 1 : 0)) return std::nullopt;
  PGresult* last = drain();
  if (error_) {
    PQclear(last);
    return std::nullopt;
  }
  return Rows(last);
}

PGresult* Connection::drain() {
  PGresult* last = nullptr;
  for (; !sent_.empty(); sent_.pop_front()) {
    PQclear(last);
    last = PQgetResult(handle());
    const ExecStatusType status = PQresultStatus(last);
    const bool fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!fine && sent_.front().prepares != nullptr) names_.erase(sent_.front().prepares);
    if (last == nullptr || PQstatus(handle()) != CONNECTION_OK) {
      if (last != nullptr && !fine) note(last);
      note_lost();
      sent_.clear();
      return last;
    }
    if (!fine && status != PGRES_PIPELINE_ABORTED) note(last);
    while (PGresult* more = PQgetResult(handle())) PQclear(more);  // the end of this statement
  }
  return last;
}

void Connection::synchronize() {
  if (PQpipelineSync(handle()) != 1) return note_lost();
  PQclear(drain());
  if (lost()) return;
  PGresult* result = PQgetResult(handle());
  if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) note_lost();
  PQclear(result);
}

bool Connection::finish() {
  if (error_) return false;
  synchronize();
  return !error_;
}

void Connection::clear_error() {
  if (!error_ || lost()) return;
  synchronize();  // the server skips what comes before this
  if (lost()) return;
  error_.reset();
  if (PQtransactionStatus(handle()) == PQTRANS_IDLE) return;
  send("ROLLBACK");
  finish();
}

}  // namespace trivium::units::workflows
