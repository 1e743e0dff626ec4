#include "core/cipher.h"

#include <openssl/evp.h>

#include <algorithm>

#include "core/openssl.h"

namespace trivium {
namespace {

using openssl::bytes_of;

// The library counts in int.
constexpr size_t most_at_once = size_t{1} << 30;

enum Direction { opening = 0, sealing = 1 };

// Null: no key has this size.
const EVP_CIPHER* algorithm_of(Cipher cipher, size_t key_size) {
  if (cipher == Cipher::chacha20_poly1305) return key_size == 32 ? EVP_chacha20_poly1305() : nullptr;
  switch (key_size) {
    case 16:
      return EVP_aes_128_gcm();
    case 24:
      return EVP_aes_192_gcm();
    case 32:
      return EVP_aes_256_gcm();
    default:
      return nullptr;
  }
}

// One message, in the order start, beside, through, then the tag. Each step is skipped after one that failed.
class Operation {
 public:
  Operation(Cipher cipher, std::string_view key, const unsigned char* nonce, Direction direction)
      : context_(EVP_CIPHER_CTX_new()) {
    ok_ = context_ && EVP_CipherInit_ex(context_.get(), algorithm_of(cipher, key.size()), nullptr,
                                        bytes_of(key), nonce, direction) == 1;
  }

  void beside(std::string_view data) { update(nullptr, data); }
  void through(unsigned char* out, std::string_view in) { update(out, in); }

  void get_tag(unsigned char* out) {
    finish();
    ok_ = ok_ && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out) == 1;
  }
  void check_tag(std::string_view tag) {
    ok_ = ok_ && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size,
                                     const_cast<char*>(tag.data())) == 1;
    finish();
  }

  bool ok() const { return ok_; }

 private:
  void update(unsigned char* out, std::string_view in) {
    while (ok_ && !in.empty()) {
      const std::string_view part = in.substr(0, most_at_once);
      int written = 0;
      ok_ =
          EVP_CipherUpdate(context_.get(), out, &written, bytes_of(part), static_cast<int>(part.size())) == 1;
      if (out != nullptr) out += part.size();
      in.remove_prefix(part.size());
    }
  }
  void finish() {
    // These ciphers write nothing more.
    unsigned char nothing[EVP_MAX_BLOCK_LENGTH];
    int written = 0;
    ok_ = ok_ && EVP_CipherFinal_ex(context_.get(), nothing, &written) == 1;
  }

  const openssl::ErrorsForgotten errors_;
  const openssl::Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_;
  bool ok_ = false;
};

unsigned char* writable(std::string& text, size_t at) {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}

}  // namespace

Result<> check_key(Cipher cipher, std::string_view key) {
  if (algorithm_of(cipher, key.size()) != nullptr) return {};
  return fail(kind::invalid, "key must be " + std::string(cipher == Cipher::aes_gcm ? "16, 24 or 32" : "32") +
                                 " bytes, got " + std::to_string(key.size()));
}

Result<std::string> seal(Cipher cipher, std::string_view key, const Nonce& nonce, std::string_view plain,
                         std::string_view data_beside) {
  if (auto usable = check_key(cipher, key); !usable) return fail(std::move(usable.error()));
  std::string sealed(nonce_size + plain.size() + tag_size, '\0');
  std::copy(nonce.begin(), nonce.end(), sealed.begin());
  Operation operation(cipher, key, nonce.data(), sealing);
  operation.beside(data_beside);
  operation.through(writable(sealed, nonce_size), plain);
  operation.get_tag(writable(sealed, nonce_size + plain.size()));
  if (!operation.ok()) return fail(kind::internal, "the data cannot be encrypted");
  return sealed;
}

Result<std::string> open_sealed(Cipher cipher, std::string_view key, std::string_view sealed,
                                std::string_view data_beside) {
  if (auto usable = check_key(cipher, key); !usable) return fail(std::move(usable.error()));
  if (sealed.size() < nonce_size) {
    return fail(kind::invalid, "data must be at least the " + std::to_string(nonce_size) +
                                   " bytes of its nonce, got " + std::to_string(sealed.size()));
  }
  const Error changed =
      Error::of(kind::internal,
                "message authentication failed: the key, the data or the additional data is not the same");
  if (sealed.size() < nonce_size + tag_size) return fail(changed);
  const std::string_view nonce = sealed.substr(0, nonce_size);
  const std::string_view tag = sealed.substr(sealed.size() - tag_size);
  sealed.remove_prefix(nonce_size);
  sealed.remove_suffix(tag_size);
  std::string plain(sealed.size(), '\0');
  Operation operation(cipher, key, bytes_of(nonce), opening);
  operation.beside(data_beside);
  operation.through(writable(plain, 0), sealed);
  operation.check_tag(tag);
  if (!operation.ok()) return fail(changed);
  return plain;
}

}  // namespace trivium
