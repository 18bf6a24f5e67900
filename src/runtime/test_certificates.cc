#include "runtime/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/check.h"

namespace everdial {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using File = std::unique_ptr<FILE, Freed<std::fclose>>;

File open(const std::filesystem::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  EVERDIAL_CHECK(file != nullptr);
  return file;
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  EVERDIAL_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// Signed by `issuer`, or by itself when there is none.
void write_pair(const TestAuthority::Files& files, int serial, const std::string& name, const std::string& names, long valid_until,
                const TestAuthority::Files* issuer) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_until);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  if (issuer) {
    const Key issuer_key(PEM_read_PrivateKey(open(issuer->key, "r").get(), nullptr, nullptr, nullptr));
    const Certificate issuer_certificate(PEM_read_X509(open(issuer->cert, "r").get(), nullptr, nullptr, nullptr));
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer_certificate.get()));
    add_extension(certificate.get(), NID_subject_alt_name, names);
    X509_sign(certificate.get(), issuer_key.get(), EVP_sha256());
  } else {
    X509_set_issuer_name(certificate.get(), subject);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  EVERDIAL_CHECK(PEM_write_X509(open(files.cert, "w").get(), certificate.get()) == 1);
  EVERDIAL_CHECK(PEM_write_PrivateKey(open(files.key, "w").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace

TestAuthority::TestAuthority() {
  static int count = 0;
  const std::string name = "authority_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  folder_ = std::filesystem::temp_directory_path() / name;
  std::filesystem::create_directories(folder_);
  ca_ = {folder_ / "ca.pem", folder_ / "ca.key", folder_ / "ca.pem"};
  write_pair(ca_, 1, name, "", 3600, nullptr);
}

TestAuthority::~TestAuthority() { std::filesystem::remove_all(folder_); }

TestAuthority::Files TestAuthority::issue(const std::string& names, long valid_until) {
  const std::string number = std::to_string(++issued_);
  Files files{folder_ / (number + ".pem"), folder_ / (number + ".key"), ca_.cert};
  write_pair(files, issued_ + 1, "server " + number, names, valid_until, &ca_);
  return files;
}

}  // namespace everdial
