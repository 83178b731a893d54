// TLS for the agent's connections: who is trusted, who we are, and one session over a socket that does not block.
// OpenSSL's headers stay in tls.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "supervisor/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace vf::agent {

struct TlsFiles {
  std::string ca_file;      ///< PEM bundle trusted instead of the system's; "": the system's
  std::string client_cert;  ///< PEM, leaf first; used where client_key is given too
  std::string client_key;   ///< PEM, without a passphrase
};

/// What all connections to a server share: loaded once (the system's bundle costs some 10 ms and a megabyte).
/// Thread-safe.
class TlsContext {
 public:
  explicit TlsContext(TlsFiles files) : files_(std::move(files)) {}

  /// Loads at first use, and anew where one of the files has changed since, so that a rotated certificate needs no
  /// restart; a change that cannot be loaded (half written, say) leaves the last good one in use. Reads files: not for
  /// the loop's thread.
  [[nodiscard]] Result<std::shared_ptr<ssl_ctx_st>> get();

 private:
  const TlsFiles files_;
  std::mutex mutex_;
  std::string loaded_version_;  // of the files: times, sizes and inodes
  std::shared_ptr<ssl_ctx_st> loaded_;
};

/// What one attempt at reading or writing came to.
struct TlsStep {
  enum class Outcome { done, want_read, want_write, ended, failed };
  Outcome outcome = Outcome::done;
  std::size_t bytes = 0;  ///< where done
  std::string reason;     ///< where failed; OpenSSL's own words
  bool cut = false;       ///< failed because the peer closed or reset the connection, and not for a reason of TLS
};

/// A client's session. TLS 1.2 and later; the peer's certificate must lead to a trusted one and name `server_name` (a
/// host name, or an address). Never raises SIGPIPE. For one thread at a time.
class TlsSession {
 public:
  /// `descriptor` is a connected socket that does not block, and outlives the session.
  TlsSession(std::shared_ptr<ssl_ctx_st> context, int descriptor, const std::string& server_name);
  /// Tells the peer that no more will come, if that can be told without waiting.
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  [[nodiscard]] TlsStep handshake();
  [[nodiscard]] TlsStep read(char* into, std::size_t size);
  [[nodiscard]] TlsStep write(const char* from, std::size_t size);
  /// Something was received and not read yet.
  [[nodiscard]] bool has_unread() const;

 private:
  [[nodiscard]] TlsStep step(int result, std::size_t bytes);

  std::shared_ptr<ssl_ctx_st> context_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> session_;
  bool usable_ = false;  // the handshake is done and nothing has failed since
};

}  // namespace vf::agent
