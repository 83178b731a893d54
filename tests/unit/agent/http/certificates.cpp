#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace vf::agent::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void require(bool promise) {
  if (!promise) std::abort();
}

File open_file(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), &std::fclose);
  require(file != nullptr);
  return file;
}

void extend(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void write(const std::string& stem, const std::string& issuer_stem, const std::string& common_name,
           const std::string& names, bool authority, int valid_days) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  require(key && certificate);
  X509_set_version(certificate.get(), X509_VERSION_3);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * 86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_days * 86400L);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                             -1, -1, 0);
  if (!names.empty()) extend(certificate.get(), NID_subject_alt_name, names);
  if (authority) extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");

  Key issuer_key(nullptr, &EVP_PKEY_free);
  if (issuer_stem.empty()) {
    X509_set_issuer_name(certificate.get(), subject);
  } else {
    issuer_key.reset(PEM_read_PrivateKey(open_file(issuer_stem + ".key", "r").get(), nullptr, nullptr, nullptr));
    const Certificate issuer(PEM_read_X509(open_file(issuer_stem + ".crt", "r").get(), nullptr, nullptr, nullptr),
                             &X509_free);
    require(issuer_key && issuer);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  }
  require(X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0);
  require(PEM_write_X509(open_file(stem + ".crt", "w").get(), certificate.get()) == 1);
  require(PEM_write_PrivateKey(open_file(stem + ".key", "w").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
          1);
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "vf-http-test-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
}

Certificates::~Certificates() {
  std::filesystem::remove_all(folder_);
}

void Certificates::make_authority(const std::string& name, const std::string& issuer) {
  write(path(name), issuer.empty() ? "" : path(issuer), name, "", true, 1);
}

void Certificates::make(const std::string& name, const std::string& issuer, const std::string& names, int valid_days) {
  write(path(name), issuer.empty() ? "" : path(issuer), name, names, false, valid_days);
}

}  // namespace vf::agent::test
