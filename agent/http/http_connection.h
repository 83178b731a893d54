// HttpConnection: one kept-alive connection to one server, blocking, over cpp-httplib. Belongs on a worker, one thread
// at a time but for cancel(). The process has to ignore SIGPIPE.
//
//   - A request that met a kept connection which the server had closed is sent once more, over a new one: all our calls
//     may be sent twice.
//   - Redirects are followed within the server's own origin, three at most, a POST's only where 307 or 308 repeats it.
//     The token goes nowhere else. One that is not followed comes back with its status and the fault `redirect`.
//   - Compressed answers are asked for, but for loopback, where they cost both sides CPU for nothing.
//   - TLS files are read when the first connection is made, and again after a server was not trusted.
//
//   - Each exchange is bounded in time, in its head and in its body (guarded_socket.h), whatever the server drips.
//
// What httplib 0.11 does not let us promise:
//   - A TLS handshake or a way through the proxy that drips is only ended by cancel(); HttpClient calls it in time.
//   - connect_timeout is counted for each address of a name, then for each step of the TLS handshake; resolving and the
//     proxy's CONNECT are not in it. Resolving is not ended by cancel() either: it ends with the resolver's own
//     timeouts (resolv.conf).
//   - The head of a proxy's answer to CONNECT has no limit, and a first line of 50 kB there overflows the stack
//   (httplib
//     reads it with std::regex): proxies are trusted that far.
//   - A chunk whose end is garbled passes for the end of the body.
//   - An answer that comes before the request's body was taken whole, and the connection's end with it, is not seen.
//   - A tunnel that the proxy refuses with another status than 407 looks like a failed TLS handshake. A proxy's user
//     without a password is not sent with CONNECT.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "agent/http/http_message.h"

namespace vf::agent {

/// How a stream() ended.
struct HttpStreamEnd {
  HttpResponse
      response;  ///< status 200 and an error text where it was open; as for perform() where it was not, no body
  std::chrono::milliseconds lived{0};  ///< since the head of the answer came; 0 where the stream was not open
};

class HttpConnection {
 public:
  explicit HttpConnection(HttpSettings settings);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends one request and waits for the answer. An empty path asks for the base URL itself.
  [[nodiscard]] HttpResponse perform(const HttpRequest& request);

  /// GETs a stream: `on_open` once the answer is 200 and an event stream, then `on_bytes` as they come, until that
  /// answers false, the peer ends it, nothing came for `silence`, or cancel().
  [[nodiscard]] HttpStreamEnd stream(const HttpRequest& request, std::chrono::milliseconds silence,
                                     const std::function<void()>& on_open,
                                     const std::function<bool(std::string_view)>& on_bytes);

  /// Ends the call under way and every later one: the connection is spent. Any thread, any number of times; does not
  /// wait.
  void cancel();

  /// Closes a connection that has been kept for longer than this. Not while a call is under way.
  void close_if_idle_for(std::chrono::milliseconds longest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
