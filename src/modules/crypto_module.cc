#include "modules/crypto_module.h"

#include "core/digest.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/crypto_parts.h"
#include "modules/replies.h"
#include "units/commands/compute.h"

namespace trivium::lua {
namespace {

int failure(lua_State* L, std::string message) {
  return push_failure(L, Error::of(kind::invalid, std::move(message)));
}

int success(lua_State* L, std::string_view bytes) {
  push_text(L, bytes);
  lua_pushnil(L);
  return 2;
}

template <Digest algorithm>
int authentication_code(lua_State* L) {
  const std::string_view key = check_string_like(L, 1);
  const std::string_view data = check_string_like(L, 2);
  if (key.empty()) return failure(L, "key must not be empty");
  const Result<std::string> code = hmac(algorithm, data, key);
  return code ? success(L, hex(*code)) : push_failure(L, code.error());
}

int constant_time_compare(lua_State* L) {
  const std::string_view a = check_string_like(L, 1);
  const std::string_view b = check_string_like(L, 2);
  lua_pushboolean(L, same_code(a, b) ? 1 : 0);
  return 1;
}

// --- keys of passwords --------------------------------------------------------------------------------

constexpr int64_t most_iterations = 10'000'000;
constexpr int64_t longest_key = 1024;
// Authentication codes, of a few milliseconds: more are not made where others wait for the worker.
constexpr int64_t cheap = 10'000;

struct Derivation {
  std::string_view password;
  std::string_view salt;
  int64_t iterations;
  int64_t length;
  std::string_view hash;

  Digest algorithm() const { return hash == "sha512" ? Digest::sha512 : Digest::sha256; }
  bool is_cheap() const {
    const int64_t digest_size = algorithm() == Digest::sha512 ? 64 : 32;
    return iterations * ((length + digest_size - 1) / digest_size) <= cheap;
  }
};

std::string not_within(const char* what, int64_t most, int64_t got) {
  return std::string(what) + " must be from 1 to " + std::to_string(most) + ", got " + std::to_string(got);
}

// What is wrong with it; empty when nothing is.
std::string problem_of(const Derivation& wanted) {
  if (wanted.password.empty()) return "password must not be empty";
  if (wanted.salt.empty()) return "salt must not be empty";
  if (wanted.iterations < 1 || wanted.iterations > most_iterations) {
    return not_within("iterations", most_iterations, wanted.iterations);
  }
  if (wanted.length < 1 || wanted.length > longest_key) {
    return not_within("key length", longest_key, wanted.length);
  }
  if (wanted.hash != "sha256" && wanted.hash != "sha512") {
    return "hash must be sha256 or sha512, got " + std::string(wanted.hash);
  }
  return "";
}

units::Compute derivation(const Derivation& wanted) {
  units::Compute command;
  command.work = [password = std::string(wanted.password), salt = std::string(wanted.salt),
                  algorithm = wanted.algorithm(), iterations = static_cast<int>(wanted.iterations),
                  length = static_cast<size_t>(wanted.length)]() -> Result<Value> {
    return derive_key(algorithm, password, salt, iterations, length).map([](std::string key) {
      return Value(std::move(key));
    });
  };
  return command;
}

int derive_here(lua_State* L, const Derivation& wanted) {
  const Result<Value> key = derivation(wanted).work();
  return key ? success(L, key->as_string()) : push_failure(L, key.error());
}

void issue_derivation(lua_State* L, const Derivation& wanted) {
  units::Compute command = derivation(wanted);
  Isolate::from(L).issue(L, command);
}

int pbkdf2(lua_State* L) {
  const Derivation wanted{check_string_like(L, 1), check_string_like(L, 2), check_whole(L, 3),
                          check_whole(L, 4), optional_string(L, 5, "sha256")};
  if (!problem_of(wanted).empty()) return failure(L, problem_of(wanted));
  Isolate& isolate = Isolate::from(L);
  if (wanted.is_cheap() || !isolate.can_suspend(L)) return derive_here(L, wanted);
  issue_derivation(L, wanted);
  return isolate.await(L, finish_value);
}

// --- the table ----------------------------------------------------------------------------------------

template <const Library& library>
void push(lua_State* L) {
  push_library(L, library);
}

constexpr LibraryField hmac_fields[] = {{"sha256", authentication_code<Digest::sha256>},
                                        {"sha512", authentication_code<Digest::sha512>}};
const Library hmac_library{hmac_fields};

constexpr LibraryField fields[] = {
    {"random", nullptr, push<crypto_random>},
    {"hmac", nullptr, push<hmac_library>},
    {"encrypt", nullptr, push<crypto_encrypt>},
    {"decrypt", nullptr, push<crypto_decrypt>},
    {"jwt", nullptr, push<crypto_jwt>},
    {"pbkdf2", pbkdf2},
    {"constant_time_compare", constant_time_compare},
};
const Library library{fields};

}  // namespace

const Module crypto_module{"crypto", &library, nullptr, true};

}  // namespace trivium::lua
