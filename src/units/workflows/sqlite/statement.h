// A prepared SQLite statement, bound and read in order.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace trivium::units::workflows {

// One use of a statement: binds parameters from the left, steps, reads columns from the left, and leaves
// the statement ready for the next use. With a null statement everything does nothing.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  // Texts must stay alive until the last step.
  Use& bind(std::string_view text) {
    if (statement_ != nullptr) {
      sqlite3_bind_text64(statement_, ++bound_, text.data() != nullptr ? text.data() : "", text.size(),
                          SQLITE_STATIC, SQLITE_UTF8);
    }
    return *this;
  }
  Use& bind(int64_t number) {
    if (statement_ != nullptr) sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }

  // SQLITE_ROW, SQLITE_DONE or an error.
  int step() {
    column_ = 0;
    return statement_ != nullptr ? sqlite3_step(statement_) : SQLITE_DONE;
  }

  std::string text() {
    const int column = column_++;
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes != nullptr
               ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
               : "";
  }
  int64_t number() { return sqlite3_column_int64(statement_, column_++); }

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int column_ = 0;
};

}  // namespace trivium::units::workflows
