#include "runtime/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace everdial {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Chain = std::unique_ptr<STACK_OF(X509), Freed<free_stack>>;
using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using Verification = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

Bio memory(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

Chain read_all(const std::string& pem) {
  Chain chain(sk_X509_new_null());
  const Bio bio = memory(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) sk_X509_push(chain.get(), one);
  ERR_clear_error();  // of having come to the end
  return chain;
}

bool is_for(X509* certificate, const std::string& host) {
  return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1 || X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

}  // namespace

Status check_certificate(const std::string& certificate, const std::string& key, const std::string& authority, const std::string& host) {
  const auto bad = [](const std::string& what) { return Status(Error{ErrorKind::invalid, what}); };
  const Chain chain = read_all(certificate), authorities = read_all(authority);
  const Key private_key(PEM_read_bio_PrivateKey(memory(key).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (sk_X509_num(chain.get()) == 0) return bad("the file of the certificate has none");
  if (sk_X509_num(authorities.get()) == 0) return bad("the file of the authority has no certificate");
  if (!private_key) return bad("the file of the key has none that can be read");
  X509* own = sk_X509_value(chain.get(), 0);
  if (X509_check_private_key(own, private_key.get()) != 1) {
    ERR_clear_error();
    return bad("the key is not the certificate's");
  }
  const Store store(X509_STORE_new());
  for (int i = 0; i < sk_X509_num(authorities.get()); ++i) X509_STORE_add_cert(store.get(), sk_X509_value(authorities.get(), i));
  const Verification verification(X509_STORE_CTX_new());
  X509_STORE_CTX_init(verification.get(), store.get(), own, chain.get());
  if (X509_verify_cert(verification.get()) != 1)
    return bad(std::string("the authority does not vouch for the certificate: ") +
               X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification.get())));
  if (!is_for(own, host)) return bad("the certificate is not for " + host + ", by which others call this server");
  return success();
}

}  // namespace everdial
