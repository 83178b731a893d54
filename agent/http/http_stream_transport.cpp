#include "agent/http/http_stream_transport.h"

#include <utility>

#include "agent/http/http_connection.h"
#include "push/url.h"

namespace vf::agent {
namespace {

using Clock = std::chrono::steady_clock;

class PushSink final : public HttpBodySink {
 public:
  explicit PushSink(push::StreamSink& sink) : sink_(sink) {}

  bool on_head(const HttpHead& head) override {
    is_stream = head.status == 200 && head.content_type.starts_with("text/event-stream");
    if (!is_stream) return false;
    opened = Clock::now();
    sink_.on_open();
    return true;
  }
  bool on_bytes(std::string_view bytes) override { return sink_.on_bytes(bytes); }

  bool is_stream = false;
  std::optional<Clock::time_point> opened;

 private:
  push::StreamSink& sink_;
};

}  // namespace

HttpStreamTransport::HttpStreamTransport(HttpSettings settings, std::shared_ptr<TlsContext> tls)
    : settings_(std::move(settings)), tls_(tls ? std::move(tls) : make_tls_context(settings_)) {}

HttpStreamTransport::~HttpStreamTransport() = default;

push::StreamEnd HttpStreamTransport::open(const push::StreamRequest& request, push::StreamSink& sink) {
  const auto url = push::parse_url(request.url);
  if (!url) return {0, "the stream's URL is none: " + request.url, std::nullopt, {}};
  HttpSettings settings = settings_;
  settings.base_url = url->origin();
  const auto connection = std::make_shared<HttpConnection>(std::move(settings), tls_);
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) return {0, "cancelled", std::nullopt, {}};
    current_ = connection;
  }
  HttpRequest get;
  get.path = url->target;
  get.bearer_token = request.bearer_token;
  PushSink push_sink(sink);
  HttpResponse response = connection->stream(get, request.silence_timeout, push_sink);
  const auto now = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    current_.reset();
  }
  push::StreamEnd end;
  end.status = response.status;
  end.retry_after = response.retry_after;
  end.reason = std::move(response.error);
  if (push_sink.opened) end.lived = std::chrono::floor<std::chrono::milliseconds>(now - *push_sink.opened);
  if (response.status != 0 && !push_sink.is_stream && response.fault == HttpFault::none) {
    end.reason = response.status == 200 ? "the answer is no event stream but '" + response.content_type + "'"
                                        : "the server answered " + std::to_string(response.status);
  }
  return end;
}

void HttpStreamTransport::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (current_) current_->cancel();
}

}  // namespace vf::agent
