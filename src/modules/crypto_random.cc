#include <algorithm>

#include "core/clock.h"
#include "core/random_text.h"
#include "core/uuid.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/crypto_parts.h"
#include "modules/replies.h"
#include "units/commands/side_effect.h"

namespace trivium::lua {
namespace {

constexpr int64_t most_bytes = 1 << 20;
constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool fits(int64_t count) { return count >= 1 && count <= most_bytes; }

int wrong_count(lua_State* L, int64_t count) {
  return push_failure(L, Error::of(kind::invalid, "length must be from 1 to " + std::to_string(most_bytes) +
                                                      ", got " + std::to_string(count)));
}

void issue_bytes(lua_State* L, size_t count) {
  units::SideEffect command;
  command.produce = [count]() -> Result<Value> {
    std::string bytes(count, '\0');
    system_random().secure_bytes(bytes.data(), bytes.size());
    return Value(std::move(bytes));
  };
  command.binary = true;
  Isolate::from(L).issue(L, command);
}

int bytes(lua_State* L) {
  const int64_t count = check_whole(L, 1);
  if (!fits(count)) return wrong_count(L, count);
  issue_bytes(L, static_cast<size_t>(count));
  return Isolate::from(L).await(L, finish_value);
}

// Whatever else would not come out of a history as it went in, or several times as long.
bool is_plain_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void issue_string(lua_State* L, size_t count, std::string_view charset) {
  units::SideEffect command;
  command.produce = [count, charset = std::string(charset)]() -> Result<Value> {
    return Value(random_text(system_random(), count, charset));
  };
  command.binary = !is_plain_text(charset);
  Isolate::from(L).issue(L, command);
}

int string(lua_State* L) {
  const int64_t count = check_whole(L, 1);
  const std::string_view charset = optional_string(L, 2, letters_and_digits);
  if (!fits(count)) return wrong_count(L, count);
  if (charset.empty()) return push_failure(L, Error::of(kind::invalid, "charset must not be empty"));
  issue_string(L, static_cast<size_t>(count), charset);
  return Isolate::from(L).await(L, finish_value);
}

void issue_uuid(lua_State* L) {
  units::SideEffect command;
  command.produce = []() -> Result<Value> {
    Uuid::Bytes bytes;
    system_random().secure_bytes(bytes.data(), bytes.size());
    return Value(Uuid::v4(bytes).text());
  };
  Isolate::from(L).issue(L, command);
}

int uuid(lua_State* L) {
  issue_uuid(L);
  return Isolate::from(L).await(L, finish_value);
}

constexpr LibraryField fields[] = {{"bytes", bytes}, {"string", string}, {"uuid", uuid}};

}  // namespace

const Library crypto_random{fields};

}  // namespace trivium::lua
