#include "core/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limits>

namespace trivium {
namespace {

const EVP_MD* algorithm_of(Digest digest) {
  switch (digest) {
    case Digest::md5:
      return EVP_md5();
    case Digest::sha1:
      return EVP_sha1();
    case Digest::sha256:
      return EVP_sha256();
    case Digest::sha384:
      return EVP_sha384();
    case Digest::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

Result<std::string> result(bool ok, const unsigned char* bytes, unsigned size) {
  if (!ok) return fail(kind::internal, "the hash algorithm is not available");
  return std::string(bytes, bytes + size);
}

template <class Word>
Word fnv(std::string_view data, Word basis, Word prime) {
  for (const char c : data) basis = (basis * prime) ^ static_cast<unsigned char>(c);
  return basis;
}

}  // namespace

Result<std::string> digest(Digest algorithm, std::string_view data) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const bool ok = EVP_Digest(data.data(), data.size(), bytes, &size, algorithm_of(algorithm), nullptr) == 1;
  return result(ok, bytes, size);
}

Result<std::string> hmac(Digest algorithm, std::string_view data, std::string_view secret) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const bool ok =
      HMAC(algorithm_of(algorithm), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(data.data()), data.size(), bytes, &size) != nullptr;
  return result(ok, bytes, size);
}

bool same_code(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> derive_key(Digest algorithm, std::string_view password, std::string_view salt,
                               int iterations, size_t length) {
  constexpr size_t most = std::numeric_limits<int>::max();  // the library counts in int
  if (password.size() > most || salt.size() > most || length > most) {
    return fail(kind::invalid, "password, salt and key must be shorter than 2 GiB");
  }
  std::string key(length, '\0');
  const bool ok =
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                        iterations, algorithm_of(algorithm), static_cast<int>(length),
                        reinterpret_cast<unsigned char*>(key.data())) == 1;
  if (!ok) return fail(kind::internal, "the hash algorithm is not available");
  return key;
}

uint32_t fnv32(std::string_view data) { return fnv<uint32_t>(data, 2166136261u, 16777619u); }
uint64_t fnv64(std::string_view data) { return fnv<uint64_t>(data, 14695981039346656037u, 1099511628211u); }

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace trivium
