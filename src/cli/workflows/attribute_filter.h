// --attr: which search attributes the runs that are listed have.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "units/workflows/store/rows.h"

namespace trivium::cli {

class AttributeFilter {
 public:
  // Each text is a name, one of = != < <= > >=, and a value. `now_ns`: what durations before or after now
  // refer to.
  static Result<AttributeFilter> read(const std::vector<std::string>& texts, int64_t now_ns);

  bool accepts(const units::workflows::RunRow& run) const;

 private:
  enum class Operator { equal, unequal, less, at_most, more, at_least };
  struct Condition {
    std::string name;
    Operator op = Operator::equal;
    std::string value;
  };

  bool holds(const Condition& condition, const Value& payload) const;
  static bool compared(Operator op, int order);

  std::vector<Condition> conditions_;
  int64_t now_ns_ = 0;
};

// A time as people write it, nanoseconds since the epoch: a duration ago (2h), or from now (+2h), a date with
// or without a time, or RFC 3339.
Result<int64_t> time_of_text(const std::string& text, int64_t now_ns);

}  // namespace trivium::cli
