#include "units/workflows/postgres/sql_error.h"

#include <algorithm>
#include <array>

namespace trivium::units::workflows {
namespace {

struct Advice {
  std::string_view state;    // a prefix of the SQLSTATE; empty: look at the text
  std::string_view message;  // contained in it; empty: any
  std::string_view advice;
};

// The first that fits.
constexpr std::array advices{
    Advice{"25006", "",
           "this is a standby: name the primary, or several hosts with target_session_attrs=read-write"},
    Advice{"28", "", "check user and password, and pg_hba.conf of the server"},
    Advice{"3D000", "", "create the database first: createdb NAME"},
    Advice{"42501", "", "grant the user CREATE on the database, or let its owner create the schema for it"},
    Advice{"3F000", "", "the schema was removed: start the runtime again to create it"},
    Advice{"42P01", "", "the tables were removed or changed: restore them, or start with a new schema"},
    Advice{"53100", "", "make room on the server's disk"},
    Advice{"53300", "", "raise max_connections of the server: each workflow worker needs two"},
    Advice{"55P03", "", "another session holds the rows: look at pg_stat_activity"},
    Advice{"", "assword authentication failed", "check user and password"},
    Advice{"", "no password supplied", "give a password, or put one into ~/.pgpass"},
    Advice{"", "pg_hba.conf", "let pg_hba.conf of the server allow this user and address"},
    Advice{"", "does not exist", "create the database and the role first: createuser, createdb"},
    Advice{"", "too many clients", "raise max_connections of the server: each workflow worker needs two"},
    Advice{"", "onnection refused", "is the server running there?"},
    Advice{"", "No such file or directory", "is the server running there?"},
    Advice{"", "could not translate host name", "check the host's name"},
    Advice{"", "starting up", "wait for the server"},
};

}  // namespace

SqlError::Class classify(std::string_view state) {
  using Class = SqlError::Class;
  // Broken by an administrator, a restart or a timeout of the server: the session is over.
  if (state.empty() || state.starts_with("08") || state.starts_with("57P") || state == "25P03") {
    return Class::lost;
  }
  constexpr std::array<std::string_view, 5> again{
      "40001",  // serialization failure
      "40P01",  // deadlock
      "55P03",  // lock timeout
      "23505",  // another runtime was first: the next look sees its row
      "25P02",  // a consequence of an earlier failure
  };
  return std::find(again.begin(), again.end(), state) != again.end() ? Class::retryable : Class::fatal;
}

std::string_view advice(std::string_view state, std::string_view message) {
  for (const Advice& known : advices) {
    const bool fits = known.state.empty() ? message.find(known.message) != std::string_view::npos
                                          : state.starts_with(known.state);
    if (fits) return known.advice;
  }
  return {};
}

Error error_of(const SqlError& sql, std::string_view store) {
  std::string message = "the workflow store " + std::string(store) + ": " + sql.message;
  if (const std::string_view what = advice(sql.state, sql.message); !what.empty()) {
    message += "; " + std::string(what);
  }
  // Values that do not fit, rows that must not be, more than a row or an index takes: not for being tried
  // again.
  const bool data = !sql.retryable() && (sql.state.starts_with("22") || sql.state.starts_with("23") ||
                                         sql.state.starts_with("54"));
  Error error = Error::of(data ? kind::invalid : kind::unavailable, std::move(message));
  error.retryable = !data;
  return error;
}

}  // namespace trivium::units::workflows
