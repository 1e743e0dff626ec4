#include "core/cipher.h"
#include "core/clock.h"
#include "lua/error_object.h"
#include "lua/isolate.h"
#include "modules/arguments.h"
#include "modules/crypto_parts.h"
#include "modules/replies.h"
#include "units/commands/side_effect.h"

namespace trivium::lua {
namespace {

struct Arguments {
  std::string_view data;
  std::string_view key;
  std::string_view beside;  // anything but a string counts as none
};

Arguments check_arguments(lua_State* L) {
  return {check_string_like(L, 1), check_string_like(L, 2), strict_string(L, 3).value_or("")};
}

// The nonce is random, so a workflow records what comes out.
void issue_encrypt(lua_State* L, Cipher cipher, const Arguments& given) {
  units::SideEffect command;
  command.produce = [cipher, data = std::string(given.data), key = std::string(given.key),
                     beside = std::string(given.beside)]() -> Result<Value> {
    Nonce nonce;
    system_random().secure_bytes(nonce.data(), nonce.size());
    return seal(cipher, key, nonce, data, beside).map([](std::string sealed) {
      return Value(std::move(sealed));
    });
  };
  command.binary = true;
  Isolate::from(L).issue(L, command);
}

int unusable_key(lua_State* L, Cipher cipher, std::string_view key) {
  return push_failure(L, check_key(cipher, key).error());
}

template <Cipher cipher>
int encrypt(lua_State* L) {
  const Arguments given = check_arguments(L);
  if (!check_key(cipher, given.key)) return unusable_key(L, cipher, given.key);
  issue_encrypt(L, cipher, given);
  return Isolate::from(L).await(L, finish_value);
}

template <Cipher cipher>
int decrypt(lua_State* L) {
  const Arguments given = check_arguments(L);
  const Result<std::string> plain = open_sealed(cipher, given.key, given.data, given.beside);
  if (!plain) return push_failure(L, plain.error());
  push_text(L, *plain);
  lua_pushnil(L);
  return 2;
}

constexpr LibraryField encrypt_fields[] = {{"aes", encrypt<Cipher::aes_gcm>},
                                           {"chacha20", encrypt<Cipher::chacha20_poly1305>}};
constexpr LibraryField decrypt_fields[] = {{"aes", decrypt<Cipher::aes_gcm>},
                                           {"chacha20", decrypt<Cipher::chacha20_poly1305>}};

}  // namespace

const Library crypto_encrypt{encrypt_fields};
const Library crypto_decrypt{decrypt_fields};

}  // namespace trivium::lua
