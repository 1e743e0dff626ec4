// What PostgreSQL says when something fails, sorted by what can be done about it.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace trivium::units::workflows {

struct SqlError {
  enum class Class : uint8_t {
    retryable,  // the same transaction may succeed when it is run again: deadlock, lock timeout, a race
    lost,       // the connection is gone
    fatal,      // repeating does not help
  };

  Class what = Class::fatal;
  std::string state;  // SQLSTATE; empty: libpq's own
  std::string message;

  bool lost() const { return what == Class::lost; }
  bool retryable() const { return what == Class::retryable; }
};

SqlError::Class classify(std::string_view state);

// As a runtime's error: Unavailable and retryable, except for data that PostgreSQL refuses (Invalid). The
// message ends with what to do, where that is known.
Error error_of(const SqlError& sql, std::string_view store);

// "connection … refused" and the like: what to do about it, empty if not known.
std::string_view advice(std::string_view state, std::string_view message);

}  // namespace trivium::units::workflows
