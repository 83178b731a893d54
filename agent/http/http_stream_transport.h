// HttpStreamTransport: the push stream's transport over an HttpConnection (the port is push/stream_transport.h).
#pragma once

#include <memory>
#include <mutex>

#include "agent/http/http_message.h"
#include "push/stream_transport.h"

namespace vf::agent {

class HttpConnection;
class TlsContext;

class HttpStreamTransport final : public push::StreamTransport {
 public:
  /// The base URL in `settings` is not used: every stream says its own. `tls` as in HttpConnection.
  explicit HttpStreamTransport(HttpSettings settings, std::shared_ptr<TlsContext> tls = nullptr);
  ~HttpStreamTransport() override;

  /// Opens a fresh connection. What is not 200 with `text/event-stream` ends as soon as its head has come. The head has
  /// 30 s to come.
  push::StreamEnd open(const push::StreamRequest& request, push::StreamSink& sink) override;
  void cancel() override;

 private:
  const HttpSettings settings_;
  const std::shared_ptr<TlsContext> tls_;
  std::mutex mutex_;
  bool cancelled_ = false;
  std::shared_ptr<HttpConnection> current_;
};

}  // namespace vf::agent
