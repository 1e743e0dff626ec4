// Errors are values. Every fallible call of every room returns Result<T>; exceptions stay inside
// Lua and are converted at the isolate's edge.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "core/value.h"

namespace trivium {

// The kinds applications see from err:kind(). The set is open: any string is a kind.
namespace kind {
inline constexpr std::string_view unknown = "";
inline constexpr std::string_view not_found = "NotFound";
inline constexpr std::string_view already_exists = "AlreadyExists";
inline constexpr std::string_view invalid = "Invalid";
inline constexpr std::string_view permission_denied = "PermissionDenied";
inline constexpr std::string_view unavailable = "Unavailable";
inline constexpr std::string_view internal = "Internal";
inline constexpr std::string_view canceled = "Canceled";
inline constexpr std::string_view conflict = "Conflict";
inline constexpr std::string_view timeout = "Timeout";
inline constexpr std::string_view rate_limited = "RateLimited";
inline constexpr std::string_view invalid_state = "InvalidState";
}  // namespace kind

struct Error {
  std::string kind;
  std::string message;
  // Absent means "unspecified", which callers treat as they see fit (services restart, activities
  // retry); false is a promise that trying again is useless.
  std::optional<bool> retryable;
  Value details;        // an object, or nil
  std::string context;  // added by errors.wrap; shown in stack() and by the next wrap
  std::string stack;    // traceback, local to the unit that raised the error

  // An error of the runtime's own modules: never worth retrying unchanged.
  static Error of(std::string_view kind, std::string message) {
    return Error{std::string(kind), std::move(message), false, Value(), {}, {}};
  }
  // An error whose retryable flag is left unspecified.
  static Error unspecified(std::string_view kind, std::string message) {
    return Error{std::string(kind), std::move(message), std::nullopt, Value(), {}, {}};
  }
};

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string_view kind, std::string message) {
  return tl::unexpected<Error>(Error::of(kind, std::move(message)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace trivium
