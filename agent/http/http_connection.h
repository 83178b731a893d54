// HttpConnection: one kept-alive connection to one server, blocking, over cpp-httplib. Used by one worker at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "agent/http/http_message.h"

namespace vf::agent {

/// How a stream() ended.
struct HttpStreamEnd {
  HttpResponse response;  ///< status 200 and an error text where it was open; as for perform() where it was not
  std::chrono::milliseconds lived{0};  ///< since the head of the answer came; 0 where none came
};

class HttpConnection {
 public:
  explicit HttpConnection(HttpSettings settings);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends one request and waits for the answer. A request that met a kept connection which the server had closed is
  /// sent once more over a new one. Redirects are followed within the server's own origin, three at most.
  [[nodiscard]] HttpResponse perform(const HttpRequest& request);

  /// GETs a stream: `on_open` once the answer is 200, then `on_bytes` as they come, until that answers false, the peer
  /// ends it, nothing came for `silence`, or cancel().
  [[nodiscard]] HttpStreamEnd stream(const HttpRequest& request, std::chrono::milliseconds silence,
                                     const std::function<void()>& on_open,
                                     const std::function<bool(std::string_view)>& on_bytes);

  /// From another thread: ends what is under way (a connect that hangs ends with its own timeout). The connection can be
  /// used again afterwards, unless it was for good.
  void cancel();
  void cancel_for_good();

  /// When it was last used; a server closes idle connections.
  [[nodiscard]] std::chrono::steady_clock::time_point last_used() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
