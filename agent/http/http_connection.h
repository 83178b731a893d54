// HttpConnection: one connection to one server, kept open between requests.
//
// Blocking: belongs on a worker. One thread at a time, except for cancel(). Every call ends by its deadline, whatever
// the server does; that holds for name resolution and the TLS handshake too.
//
//   - A request on a kept connection that the server had meanwhile closed is repeated once, on a fresh one, where not a
//     byte of an answer had come. All our calls may be sent twice.
//   - Redirects are followed three times within the origin (a POST only where 307 or 308 repeats it); the token goes
//     nowhere else. One that is not followed comes back as the answer, with `fault` redirect.
//   - Compressed answers are asked for except on loopback, where they would cost both sides CPU for nothing.
//   - No proxy for loopback; see proxy.h. No TLS state is made for http URLs. At rest a connection without TLS costs
//   about
//     1 kB and one descriptor.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "agent/http/http_codec.h"
#include "agent/http/http_message.h"

namespace vf::agent {

class TlsContext;

/// The TLS files of `settings`, to be shared by all connections made with these settings.
[[nodiscard]] std::shared_ptr<TlsContext> make_tls_context(const HttpSettings& settings);

class HttpConnection {
 public:
  /// Nothing is opened yet. `tls` may be null: then the connection makes its own where it needs one.
  explicit HttpConnection(HttpSettings settings, std::shared_ptr<TlsContext> tls = nullptr);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  [[nodiscard]] HttpResponse perform(const HttpRequest& request);

  /// Like perform(), but the answer goes to `sink` as it comes, for as long as the server keeps it open: the deadline
  /// ends with the head; from then on only `silence`, a time without a single byte, ends the stream. The response has
  /// the status where there was one, no body, and always an `error`: why it ended. `sink` sees no redirect that is
  /// followed.
  [[nodiscard]] HttpResponse stream(const HttpRequest& request, std::chrono::milliseconds silence, HttpBodySink& sink);

  /// Ends the call in progress and every later one with `cancelled`: the connection is spent. Any thread, any number of
  /// times, without waiting.
  void cancel();

  /// A connection is open and could be used again.
  [[nodiscard]] bool is_open() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
