// Parameters and results of PostgreSQL statements.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/value.h"

namespace trivium::units::workflows {

using Cell = std::variant<int64_t, std::string>;

// One parameter as it is sent. Arrays travel in binary: nothing to escape, nothing to parse.
struct Parameter {
  // NOLINTBEGIN(google-explicit-constructor): a list of parameters reads like the call it is
  Parameter(std::string_view text) : bytes(text) {}
  Parameter(const std::string& text) : bytes(text) {}
  Parameter(const char* text) : bytes(text) {}
  Parameter(int64_t number) : bytes(std::to_string(number)) {}
  // NOLINTEND(google-explicit-constructor)
  // text[] or bigint[]: column `column` of the rows, whose cells there are all of one type.
  static Parameter column(std::span<const std::vector<Cell>> rows, size_t column);
  static Parameter texts(std::span<const std::string> values);

  std::string bytes;
  bool binary = false;

 private:
  Parameter() = default;
};

// The rows of a result, read by row and column.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}

  int count() const { return PQntuples(result_.get()); }
  std::string text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<size_t>(PQgetlength(result_.get(), row, column))};
  }
  int64_t number(int row, int column) const {
    return std::strtoll(PQgetvalue(result_.get(), row, column), nullptr, 10);
  }
  bool flag(int row, int column) const { return *PQgetvalue(result_.get(), row, column) == 't'; }
  // Of its JSON text; empty if that is none.
  Object object(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

// The first column; empty without rows.
std::vector<std::string> texts_of(const std::optional<Rows>& rows);

}  // namespace trivium::units::workflows
