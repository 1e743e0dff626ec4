#include "units/call_retry.h"

#include <algorithm>
#include <cmath>

namespace trivium::units {
namespace {

double number_or(const Value& option, std::string_view key, double fallback) {
  const Value* value = option.find(key);
  return value != nullptr && value->is_number() ? value->number() : fallback;
}

// Milliseconds, or text with units.
Duration duration_or(const Value& option, std::string_view key, Duration fallback) {
  const Value* value = option.find(key);
  if (value == nullptr) return fallback;
  std::optional<Duration> given;
  if (value->is_string()) given = parse_duration(value->as_string());
  if (value->is_number() && value->number() < 9e12)
    given = Duration(static_cast<int64_t>(value->number() * 1e6));
  return given && *given > Duration::zero() ? *given : fallback;
}

std::vector<std::string> kinds(const Value& option, std::string_view key) {
  const Value* value = option.find(key);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->as_string()};
  std::vector<std::string> listed;
  if (value->is_array()) {
    for (const Value& item : value->as_array()) {
      if (item.is_string()) listed.push_back(item.as_string());
    }
  }
  return listed;
}

bool contains(const std::vector<std::string>& list, const std::string& kind) {
  return std::find(list.begin(), list.end(), kind) != list.end();
}

}  // namespace

std::optional<CallRetry> CallRetry::read(const Value& option) {
  if (!option.is_object()) return std::nullopt;
  CallRetry retry;
  const double attempts = number_or(option, "max_attempts", 1);
  if (!(attempts >= 2)) return std::nullopt;
  retry.max_attempts = static_cast<int64_t>(std::min(attempts, 1e15));
  retry.initial_delay = duration_or(option, "initial_delay", retry.initial_delay);
  retry.max_delay = duration_or(option, "max_delay", retry.max_delay);
  if (const double factor = number_or(option, "backoff_factor", 0); factor > 0) retry.backoff_factor = factor;
  const double jitter = option.find("jitter") == nullptr ? retry.jitter : number_or(option, "jitter", 0);
  retry.jitter = std::isfinite(jitter) ? std::max(jitter, 0.0) : 0;
  retry.retry_kinds = kinds(option, "retry_kinds");
  retry.skip_kinds = kinds(option, "skip_kinds");
  return retry;
}

bool CallRetry::wants(const Error& error) const {
  if (error.retryable == false || contains(skip_kinds, error.kind)) return false;
  if (!retry_kinds.empty()) return contains(retry_kinds, error.kind);
  return error.kind != kind::invalid && error.kind != kind::permission_denied && error.kind != kind::internal;
}

Duration CallRetry::delay(Duration& base, double random) const {
  const double grown =
      std::min(static_cast<double>(base.count()) * backoff_factor, static_cast<double>(max_delay.count()));
  base = Duration(static_cast<int64_t>(grown));
  return Duration(
      std::max<int64_t>(0, static_cast<int64_t>(std::min(grown + grown * jitter * random, 9e18))));
}

}  // namespace trivium::units
