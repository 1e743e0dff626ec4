#include "core/rsa.h"

#include <openssl/decoder.h>
#include <openssl/evp.h>

#include "core/openssl.h"

namespace trivium {
namespace {

using openssl::bytes_of;
using Key = openssl::Handle<EVP_PKEY, EVP_PKEY_free>;
using Context = openssl::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

// Null: the text is no such key. Nothing asks anybody for a passphrase.
Key read_key(std::string_view pem, int selection) {
  EVP_PKEY* key = nullptr;
  const openssl::Handle<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free> decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", nullptr, "RSA", selection, nullptr, nullptr));
  const unsigned char* at = bytes_of(pem);
  size_t left = pem.size();
  const bool read = decoder && OSSL_DECODER_from_data(decoder.get(), &at, &left) == 1;
  Key owned(key);
  return read ? std::move(owned) : nullptr;
}

}  // namespace

Result<std::string> rsa_sign(std::string_view pem, std::string_view data) {
  const openssl::ErrorsForgotten errors;
  const Key key = read_key(pem, EVP_PKEY_KEYPAIR);
  if (!key) {
    return fail(kind::invalid,
                "key must be an RSA private key in PEM form (PKCS#1 or PKCS#8) without a passphrase");
  }
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<size_t>(EVP_PKEY_get_size(key.get())), '\0');
  size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(data),
                     data.size()) != 1) {
    return fail(kind::internal, "the RSA key cannot sign: it may be too small");
  }
  signature.resize(size);
  return signature;
}

Result<bool> rsa_verify(std::string_view pem, std::string_view data, std::string_view signature) {
  const openssl::ErrorsForgotten errors;
  const Key key = read_key(pem, EVP_PKEY_PUBLIC_KEY);
  if (!key) return fail(kind::invalid, "key must be an RSA public key in PEM form");
  const Context context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(data),
                          data.size()) == 1;
}

}  // namespace trivium
