#include "agent/http/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace vf::agent {
namespace {

// Of the oldest error in OpenSSL's queue of this thread: the cause, not what followed from it.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_error();
  if (code == 0) return "unknown error";
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* const reason = ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

std::string version_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || stat(path.c_str(), &status) != 0) return "-";
  return std::to_string(status.st_ino) + "." + std::to_string(status.st_size) + "." +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + ";";
}

Error cannot_load(const std::string& what, const std::string& path) {
  return {"load " + what + " " + path, openssl_reason(), 0};
}

Result<std::shared_ptr<SSL_CTX>> load(const TlsFiles& files) {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) return Error{"make a TLS context", openssl_reason(), 0};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A bundle may hold the issuer without the root above it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  // Without this a key with a passphrase makes OpenSSL ask for it on the terminal.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });

  if (files.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_file(context.get(), files.ca_file.c_str()) != 1) {
    return cannot_load("the CA file", files.ca_file);
  }
  if (!files.client_cert.empty() && !files.client_key.empty()) {
    if (SSL_CTX_use_certificate_chain_file(context.get(), files.client_cert.c_str()) != 1) {
      return cannot_load("the client certificate", files.client_cert);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), files.client_key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return cannot_load("the client key", files.client_key);
    }
  }
  return context;
}

// OpenSSL's own socket BIO writes with write(), which raises SIGPIPE; this one does not. The descriptor is the BIO's
// data.
int descriptor_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = send(descriptor_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const auto received = recv(descriptor_of(bio), into, static_cast<std::size_t>(size), 0);
  if (received < 0 && would_block()) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
    std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> made(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "vf-agent socket"), &BIO_meth_free);
    BIO_meth_set_write(made.get(), &bio_write);
    BIO_meth_set_read(made.get(), &bio_read);
    BIO_meth_set_ctrl(made.get(), &bio_control);
    return made;
  }();
  return method.get();
}

bool is_address(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> TlsContext::get() {
  const std::lock_guard lock(mutex_);
  std::string version = version_of(files_.ca_file) + version_of(files_.client_cert) + version_of(files_.client_key);
  if (loaded_ && version == loaded_version_) return loaded_;
  auto loaded = load(files_);
  if (!loaded && !loaded_) return loaded;
  if (loaded) loaded_ = std::move(loaded).value();
  loaded_version_ = std::move(version);
  return loaded_;
}

TlsSession::TlsSession(std::shared_ptr<SSL_CTX> context, int descriptor, const std::string& server_name)
    : context_(std::move(context)), session_(SSL_new(context_.get()), &SSL_free) {
  BIO* const bio = BIO_new(socket_method());
  if (!session_ || !bio) std::abort();  // out of memory
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  if (is_address(server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), server_name.c_str());
  } else {
    SSL_set_hostflags(session_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(session_.get(), server_name.c_str());
    SSL_set_tlsext_host_name(session_.get(), server_name.c_str());  // NOLINT: OpenSSL's own cast
  }
}

TlsSession::~TlsSession() {
  if (usable_) SSL_shutdown(session_.get());  // one record into the socket's buffer, or nothing
  ERR_clear_error();
}

TlsStep TlsSession::handshake() {
  ERR_clear_error();
  errno = 0;
  TlsStep result = step(SSL_connect(session_.get()), 0);
  if (result.outcome == TlsStep::Outcome::done) usable_ = true;
  if (result.outcome == TlsStep::Outcome::failed) {
    const long verdict = SSL_get_verify_result(session_.get());
    if (verdict != X509_V_OK) {
      result.reason += std::string(": ") + X509_verify_cert_error_string(verdict);
      result.cut = false;
    }
  }
  return result;
}

TlsStep TlsSession::read(char* into, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = SSL_read_ex(session_.get(), into, size, &bytes);
  return step(result, bytes);
}

TlsStep TlsSession::write(const char* from, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = SSL_write_ex(session_.get(), from, size, &bytes);
  return step(result, bytes);
}

bool TlsSession::has_unread() const {
  return SSL_has_pending(session_.get()) == 1;
}

TlsStep TlsSession::step(int result, std::size_t bytes) {
  using Outcome = TlsStep::Outcome;
  const int system_error = errno;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE:
      return {Outcome::done, bytes, "", false};
    case SSL_ERROR_WANT_READ:
      return {Outcome::want_read, 0, "", false};
    case SSL_ERROR_WANT_WRITE:
      return {Outcome::want_write, 0, "", false};
    case SSL_ERROR_ZERO_RETURN:
      return {Outcome::ended, 0, "", false};
    case SSL_ERROR_SYSCALL:
      usable_ = false;
      return {Outcome::failed, 0, system_error != 0 ? std::strerror(system_error) : "the connection was closed", true};
    default:
      usable_ = false;
      if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return {Outcome::failed, 0, "the connection was closed", true};
      }
      return {Outcome::failed, 0, openssl_reason(), false};
  }
}

}  // namespace vf::agent
