#include "cli/workflows/attribute_filter.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/json_text.h"
#include "core/duration.h"
#include "core/json.h"
#include "core/time_layout.h"
#include "units/workflows/payload.h"

namespace trivium::cli {
namespace {

int64_t nanoseconds(const TimePoint& time) { return time.unix_seconds() * 1000000000 + time.nanosecond(); }

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class T>
int order_of(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

Result<int64_t> time_of_text(const std::string& text, int64_t now_ns) {
  if (text.starts_with('+')) {
    if (const auto ahead = parse_duration(text.substr(1))) return now_ns + ahead->count();
  } else if (const auto ago = parse_duration(text)) {
    return now_ns - ago->count();
  }
  for (const std::string_view known : {layout::rfc3339_nano, layout::date_time, layout::date_only}) {
    if (const Result<TimePoint> time = parse_time(known, text, Zone::local())) return nanoseconds(*time);
  }
  return fail(kind::invalid,
              "neither a duration (2h) nor a time (2026-01-31, 2026-01-31 09:00:00): \"" + text + "\"");
}

Result<AttributeFilter> AttributeFilter::read(const std::vector<std::string>& texts, int64_t now_ns) {
  AttributeFilter filter;
  filter.now_ns_ = now_ns;
  filter.conditions_.reserve(texts.size());
  for (const std::string& text : texts) {
    const size_t at = text.find_first_of("=!<>");
    const bool two =
        at != std::string::npos && at + 1 < text.size() && text[at] != '=' && text[at + 1] == '=';
    if (at == std::string::npos || at == 0 || (text[at] == '!' && !two)) {
      return fail(kind::invalid,
                  "--attr takes NAME=VALUE, or one of != < <= > >= in place of =, not \"" + text + "\"");
    }
    Condition condition{text.substr(0, at), Operator::equal, text.substr(at + (two ? 2 : 1))};
    if (text[at] == '!') condition.op = Operator::unequal;
    if (text[at] == '<') condition.op = two ? Operator::at_most : Operator::less;
    if (text[at] == '>') condition.op = two ? Operator::at_least : Operator::more;
    filter.conditions_.push_back(std::move(condition));
  }
  return filter;
}

bool AttributeFilter::accepts(const units::workflows::RunRow& run) const {
  if (conditions_.empty()) return true;
  const Value attributes = json::decode(run.search_attributes).value_or(Value());
  return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
    const Value* payload = attributes.find(condition.name);
    return payload != nullptr && holds(condition, *payload);
  });
}

bool AttributeFilter::compared(Operator op, int order) {
  switch (op) {
    case Operator::equal:
      return order == 0;
    case Operator::unequal:
      return order != 0;
    case Operator::less:
      return order < 0;
    case Operator::at_most:
      return order <= 0;
    case Operator::more:
      return order > 0;
    case Operator::at_least:
      return order >= 0;
  }
  return false;
}

bool AttributeFilter::holds(const Condition& condition, const Value& payload) const {
  const Value value = units::workflows::plain_of(payload);
  const bool ordered = condition.op != Operator::equal && condition.op != Operator::unequal;
  if (value.is_array()) {  // one of its items, or none of them
    const bool among = std::any_of(value.as_array().begin(), value.as_array().end(), [&](const Value& item) {
      return item.is_string() && item.as_string() == condition.value;
    });
    return !ordered && among == (condition.op == Operator::equal);
  }
  if (value.is_number()) {
    const auto wanted = number_of(condition.value);
    return wanted ? compared(condition.op, order_of(value.number(), *wanted))
                  : condition.op == Operator::unequal;
  }
  const Value* type = payload.find("type");
  if (value.is_string() && type != nullptr && *type == Value("Datetime")) {
    const Result<TimePoint> time = parse_time(layout::rfc3339_nano, value.as_string(), Zone::utc());
    const Result<int64_t> wanted = time_of_text(condition.value, now_ns_);
    if (time && wanted) return compared(condition.op, order_of(nanoseconds(*time), *wanted));
    return condition.op == Operator::unequal;
  }
  if (value.is_string()) return compared(condition.op, order_of(value.as_string(), condition.value));
  std::string shown;
  append_json(shown, value, JsonSpacing::none);
  return !ordered && compared(condition.op, order_of(shown, condition.value));
}

}  // namespace trivium::cli
