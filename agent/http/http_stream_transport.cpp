#include "agent/http/http_stream_transport.h"

#include <atomic>
#include <mutex>

#include "agent/http/http_connection.h"

namespace vf::agent {
namespace {

class Transport final : public push::StreamTransport {
 public:
  Transport(HttpSettings settings, std::chrono::milliseconds silence)
      : settings_(std::move(settings)), silence_(silence) {}

  push::StreamEnd open(const push::StreamRequest& request, push::StreamSink& sink) override {
    const auto connection = connect_to(request.url);
    if (!connection) return {0, "cancelled", std::nullopt, std::chrono::milliseconds(0)};
    HttpRequest get;
    get.bearer_token = request.bearer_token;
    const HttpStreamEnd end = connection->stream(
        get, silence_.count() > 0 ? silence_ : request.silence_timeout, [&] { sink.on_open(); },
        [&](std::string_view bytes) { return sink.on_bytes(bytes); });
    std::string reason = end.response.error;
    if (reason.empty()) reason = "the server answered " + std::to_string(end.response.status);
    return {end.response.status, reason, end.response.retry_after, end.lived};
  }

  void cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (connection_) connection_->cancel();
  }

 private:
  /// A stream takes a fresh connection: it is never one of many requests.
  std::shared_ptr<HttpConnection> connect_to(const std::string& url) {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return nullptr;
    HttpSettings settings = settings_;
    settings.base_url = url;  // the path of the stream is the base's; the request adds none
    connection_ = std::make_shared<HttpConnection>(std::move(settings));
    return connection_;
  }

  const HttpSettings settings_;
  const std::chrono::milliseconds silence_;
  std::mutex mutex_;
  bool cancelled_ = false;
  std::shared_ptr<HttpConnection> connection_;
};

}  // namespace

std::unique_ptr<push::StreamTransport> make_stream_transport(HttpSettings settings, std::chrono::milliseconds silence) {
  return std::make_unique<Transport>(std::move(settings), silence);
}

}  // namespace vf::agent
