#include "agent/http/http_connection.h"

#include <algorithm>
#include <utility>

#include "agent/http/proxy.h"
#include "agent/http/redirect.h"
#include "push/url.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int max_redirects = 3;
constexpr std::size_t max_redirect_body = std::size_t{64} << 10;

// A caller may say max() for "never": in nanoseconds that would overflow.
SteadyTime::duration bounded(milliseconds time) {
  return std::min(time, std::chrono::floor<milliseconds>(SteadyTime::duration::max()));
}

SteadyTime after(milliseconds time) {
  const auto now = Clock::now();
  return now + std::min(bounded(time), SteadyTime::max() - now);
}

bool is_loopback(const push::Url& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

// Keeps the answer in memory, up to a limit.
class Collector final : public HttpBodySink {
 public:
  explicit Collector(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  bool on_head(const HttpHead& head) override {
    const std::uint64_t announced = head.content_length.value_or(0);
    too_large = announced > max_bytes_;
    // Believed up to a point only: it costs a server nothing to announce 64 MiB.
    if (!too_large) body.reserve(std::min<std::uint64_t>(announced, std::uint64_t{1} << 20));
    return !too_large;
  }
  bool on_bytes(std::string_view bytes) override {
    too_large = bytes.size() > max_bytes_ - body.size();
    if (!too_large) body.append(bytes);
    return !too_large;
  }

  std::string body;
  bool too_large = false;

 private:
  const std::size_t max_bytes_;
};

// Swallows an answer that redirects within the origin, and lets every other one through.
class RedirectFilter final : public HttpBodySink {
 public:
  RedirectFilter(const push::Url& base, HttpMethod method, bool may_follow, HttpBodySink& sink)
      : base_(base), method_(method), may_follow_(may_follow), sink_(sink) {}

  bool on_head(const HttpHead& head) override {
    if (is_redirect(head.status) && may_follow_) target = redirect_target(base_, head.location);
    if (target) return true;
    refused = is_redirect(head.status);
    return sink_.on_head(head);
  }
  bool on_bytes(std::string_view bytes) override {
    if (!target) return sink_.on_bytes(bytes);
    swallowed_ += bytes.size();
    return swallowed_ <= max_redirect_body;
  }

  std::optional<std::string> target;  // where it leads, if we go there
  bool refused = false;               // it leads somewhere, and we do not go there

 private:
  [[nodiscard]] bool is_redirect(int status) const {
    if (status == 307 || status == 308) return true;
    return method_ == HttpMethod::get && (status == 301 || status == 302 || status == 303);
  }

  const push::Url& base_;
  const HttpMethod method_;
  const bool may_follow_;
  HttpBodySink& sink_;
  std::size_t swallowed_ = 0;
};

struct Timing {
  milliseconds connect_timeout;
  IoLimits until_head;
  IoLimits afterwards;
};

HttpExchangeEnd failed(HttpFailure failure) {
  HttpExchangeEnd end;
  end.failure = std::move(failure);
  return end;
}

HttpResponse response_of(HttpExchangeEnd end, SteadyTime begin) {
  HttpResponse response;
  if (end.head) {
    response.status = end.head->status;
    response.content_type = std::move(end.head->content_type);
    response.retry_after = end.head->retry_after;
  }
  response.fault = end.failure.fault;
  response.error = std::move(end.failure.words);
  response.duration = std::chrono::round<milliseconds>(Clock::now() - begin);
  return response;
}

}  // namespace

class HttpConnection::Impl {
 public:
  Impl(HttpSettings settings, std::shared_ptr<TlsContext> tls);

  // One request with the redirects it leads to.
  HttpExchangeEnd run(const HttpRequest& request, const Timing& timing, HttpBodySink& sink);

  Canceller canceller;
  Wire wire{canceller};

 private:
  HttpExchangeEnd run_one(const HttpExchangeRequest& request, const Timing& timing, HttpBodySink& sink);
  [[nodiscard]] std::optional<HttpFailure> open(SteadyTime until);
  [[nodiscard]] std::optional<HttpFailure> open_tunnel(SteadyTime until);
  [[nodiscard]] bool is_tls() const { return base_.scheme == "https"; }

  const HttpSettings settings_;
  const std::shared_ptr<TlsContext> tls_;
  push::Url base_;
  std::string prefix_;  // the base URL's path, without a '/' at its end
  std::optional<Proxy> proxy_;
  std::optional<HttpFailure> unusable_;  // the settings make no sense: every call says so
};

HttpConnection::Impl::Impl(HttpSettings settings, std::shared_ptr<TlsContext> tls)
    : settings_(std::move(settings)), tls_(tls ? std::move(tls) : make_tls_context(settings_)) {
  auto base = push::parse_url(settings_.base_url);
  if (!base) {
    unusable_ = {HttpFault::request, "the server's URL is no http(s)://host[:port][/path]: " + settings_.base_url};
    return;
  }
  base_ = std::move(*base);
  prefix_ = base_.target.substr(0, base_.target.find('?'));
  while (prefix_.ends_with('/')) prefix_.pop_back();
  auto proxy = choose_proxy(base_, {settings_.https_proxy, settings_.http_proxy, settings_.no_proxy});
  if (proxy) {
    proxy_ = std::move(proxy).value();
  } else {
    unusable_ = {HttpFault::request, proxy.error().message()};
  }
}

HttpExchangeEnd HttpConnection::Impl::run(const HttpRequest& request, const Timing& timing, HttpBodySink& sink) {
  if (unusable_) return failed(*unusable_);
  std::string target = prefix_ + request.path;
  if (!is_request_target(target)) return failed({HttpFault::request, "the request's path has bytes that no path has"});
  HttpExchangeRequest spelled;
  spelled.method = request.method == HttpMethod::post ? "POST" : "GET";
  spelled.host = base_.authority();
  spelled.user_agent = settings_.user_agent;
  spelled.bearer_token = request.bearer_token;
  if (request.method == HttpMethod::post) spelled.body = request.body;
  spelled.accept_gzip = timing.afterwards.deadline != SteadyTime::max() && !is_loopback(base_);
  if (proxy_ && !is_tls()) spelled.proxy_authorization = proxy_->authorization;
  for (int followed = 0;; ++followed) {
    spelled.target = proxy_ && !is_tls() ? base_.origin() + target : target;
    RedirectFilter filter(base_, request.method, followed < max_redirects, sink);
    HttpExchangeEnd end = run_one(spelled, timing, filter);
    if (filter.target && (end.complete || end.stopped)) {
      target = std::move(*filter.target);
      continue;
    }
    if (filter.refused && end.failure.fault == HttpFault::none) {
      end.failure = {HttpFault::redirect,
                     "redirects are followed within the server only, and three times: not followed"};
    }
    return end;
  }
}

HttpExchangeEnd HttpConnection::Impl::run_one(const HttpExchangeRequest& request, const Timing& timing,
                                              HttpBodySink& sink) {
  for (bool kept = wire.is_at_rest();; kept = false) {
    if (!kept) {
      const SteadyTime until = std::min(after(timing.connect_timeout), timing.until_head.deadline);
      if (auto failure = open(until)) return failed(std::move(*failure));
    }
    HttpExchangeEnd end = exchange(wire, request, sink, timing.until_head, timing.afterwards);
    if (!end.reusable) wire.close();
    if (!(kept && end.heard_nothing && end.failure.fault == HttpFault::closed)) return end;
  }
}

std::optional<HttpFailure> HttpConnection::Impl::open(SteadyTime until) {
  auto failure = proxy_ ? wire.connect(proxy_->host, proxy_->port, until) : wire.connect(base_.host, base_.port, until);
  if (failure && proxy_) failure->words = "proxy: " + failure->words;
  if (!failure && proxy_ && is_tls()) failure = open_tunnel(until);
  if (!failure && is_tls()) failure = wire.start_tls(*tls_, base_.host, base_.port, until);
  if (failure) wire.close();
  return failure;
}

std::optional<HttpFailure> HttpConnection::Impl::open_tunnel(SteadyTime until) {
  HttpExchangeRequest request;
  request.method = "CONNECT";
  request.target = (base_.is_ipv6() ? "[" + base_.host + "]" : base_.host) + ":" + std::to_string(base_.port);
  request.host = request.target;
  request.user_agent = settings_.user_agent;
  request.proxy_authorization = proxy_->authorization;
  Collector nothing(0);
  const IoLimits limits{until};
  const HttpExchangeEnd end = exchange(wire, request, nothing, limits, limits);
  if (!end.head) return HttpFailure{end.failure.fault, "proxy: " + end.failure.words};
  if (end.head->status / 100 == 2) return std::nullopt;
  return HttpFailure{HttpFault::proxy, "the proxy refuses the way to " + request.target + ": " +
                                           std::to_string(end.head->status) + " " + end.head->reason};
}

std::shared_ptr<TlsContext> make_tls_context(const HttpSettings& settings) {
  return std::make_shared<TlsContext>(TlsFiles{settings.ca_file, settings.client_cert, settings.client_key});
}

HttpConnection::HttpConnection(HttpSettings settings, std::shared_ptr<TlsContext> tls)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(tls))) {}

HttpConnection::~HttpConnection() = default;

HttpResponse HttpConnection::perform(const HttpRequest& request) {
  const SteadyTime begin = Clock::now();
  const IoLimits limits{after(request.deadline)};
  Collector answer(request.max_response_bytes);
  const HttpExchangeEnd end = impl_->run(request, {request.connect_timeout, limits, limits}, answer);
  HttpResponse response = response_of(end, begin);
  if (answer.too_large) {
    response.fault = HttpFault::too_large;
    response.error = "the answer is beyond " + std::to_string(request.max_response_bytes) + " bytes";
  }
  if (end.complete) {
    response.body = std::move(answer.body);
  } else {
    response.status = 0;
  }
  return response;
}

HttpResponse HttpConnection::stream(const HttpRequest& request, milliseconds silence, HttpBodySink& sink) {
  const SteadyTime begin = Clock::now();
  const IoLimits until_head{after(request.deadline), bounded(silence)};
  const IoLimits afterwards{SteadyTime::max(), bounded(silence)};
  const HttpExchangeEnd end = impl_->run(request, {request.connect_timeout, until_head, afterwards}, sink);
  HttpResponse response = response_of(end, begin);
  if (response.error.empty()) response.error = end.stopped ? "we ended it" : "the server ended the stream";
  return response;
}

void HttpConnection::cancel() {
  impl_->canceller.cancel();
}

bool HttpConnection::is_open() const {
  return impl_->wire.is_open();
}

}  // namespace vf::agent
