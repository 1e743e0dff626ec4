#include "units/workflows/retry_policy.h"

#include <algorithm>
#include <cmath>

#include "units/workflows/event.h"
#include "units/workflows/failure.h"
#include "units/workflows/options.h"

namespace trivium::units::workflows {
namespace {

std::string folded(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c != '_' && c != '-') out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return out;
}

Result<Value> error_types(const std::string& option, const Value& value) {
  if (value.is_string()) return Value(Array{value});
  if (value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                      [](const Value& type) { return type.is_string(); })) {
    return value;
  }
  return fail(kind::invalid,
              option + " must be a string or an array of strings, got " + std::string(value.type_name()));
}

}  // namespace

Duration RetryPolicy::interval(int64_t attempt) const {
  const double first = static_cast<double>(initial_interval.count());
  const double cap =
      maximum_interval.count() > 0 ? static_cast<double>(maximum_interval.count()) : first * 100;
  const double grown = first * std::pow(backoff_coefficient, static_cast<double>(attempt - 1));
  return Duration(static_cast<int64_t>(std::min(grown, cap)));
}

bool RetryPolicy::retries(const Object& failure) const {
  if (failure_is_final(failure)) return false;
  const std::string_view type = failure_type(failure);
  return std::find(non_retryable_error_types.begin(), non_retryable_error_types.end(), type) ==
         non_retryable_error_types.end();
}

RetryPolicy RetryPolicy::of(const Value* attributes) {
  RetryPolicy policy;
  if (attributes == nullptr || !attributes->is_object()) return policy;
  const Object& members = attributes->as_object();
  if (const int64_t ns = integer_at(members, "initial_interval"); ns > 0)
    policy.initial_interval = Duration(ns);
  policy.maximum_interval = Duration(integer_at(members, "maximum_interval"));
  policy.maximum_attempts = integer_at(members, "maximum_attempts");
  if (const Value* factor = members.find("backoff_coefficient"); factor != nullptr && factor->number() >= 1) {
    policy.backoff_coefficient = factor->number();
  }
  if (const Value* types = members.find("non_retryable_error_types"); types != nullptr && types->is_array()) {
    for (const Value& type : types->as_array()) {
      if (type.is_string()) policy.non_retryable_error_types.push_back(type.as_string());
    }
  }
  return policy;
}

Result<Value> parse_retry_policy(std::string_view option, const Value& table) {
  if (!table.is_object() && !(table.is_array() && table.as_array().empty())) {
    return fail(kind::invalid,
                std::string(option) + " must be a table, got " + std::string(table.type_name()));
  }
  Object policy;
  if (table.is_array()) return Value(policy);
  for (const auto& [key, value] : table.as_object()) {
    const std::string name = folded(key);
    const std::string path = std::string(option) + "." + key;
    if (name == "initialinterval" || name == "maximuminterval") {
      const Result<Duration> parsed = duration_option(path, value);
      if (!parsed) return fail(parsed.error());
      if (parsed->count() > 0) {
        policy.set(name == "initialinterval" ? "initial_interval" : "maximum_interval", parsed->count());
      }
    } else if (name == "backoffcoefficient") {
      if (!value.is_number())
        return fail(kind::invalid, path + " must be a number, got " + std::string(value.type_name()));
      if (!std::isfinite(value.number()) || (value.number() < 1 && value.number() != 0)) {
        return fail(kind::invalid, path + " must be a finite number of at least 1");
      }
      policy.set("backoff_coefficient", value.number());
    } else if (name == "maximumattempts") {
      if (!value.is_number() || value.number() != std::trunc(value.number())) {
        return fail(kind::invalid, path + " must be an integer, got " + std::string(value.type_name()));
      }
      if (value.number() < 0 || value.number() > INT32_MAX) {
        return fail(kind::invalid,
                    path + " must be between 0, for no limit, and " + std::to_string(INT32_MAX));
      }
      policy.set("maximum_attempts", static_cast<int64_t>(value.number()));
    } else if (name == "nonretryableerrortypes") {
      Result<Value> types = error_types(path, value);
      if (!types) return types;
      policy.set("non_retryable_error_types", std::move(*types));
    }
  }
  return Value(std::move(policy));
}

}  // namespace trivium::units::workflows
