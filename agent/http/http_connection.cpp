#include "agent/http/http_connection.h"

#include <httplib.h>
#include <netdb.h>
#include <openssl/err.h>

#include <atomic>
#include <mutex>

#include "agent/http/proxy.h"
#include "agent/http/redirect.h"
#include "agent/http/retry_after.h"
#include "push/url.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int most_redirects = 3;

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

std::chrono::microseconds exactly_since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
}

std::string in_seconds(milliseconds time) {
  return time < std::chrono::seconds(1) ? std::to_string(time.count()) + " ms" : std::to_string(time.count() / 1000) + " s";
}

/// httplib says that it could not connect and not why; a name that does not resolve is the one reason that can be told
/// apart afterwards.
std::string why_no_connection(const std::string& host, milliseconds took, milliseconds limit) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failed != 0) return "the name " + host + " does not resolve: " + ::gai_strerror(failed);
  ::freeaddrinfo(found);
  if (took >= limit) return "no connection within " + in_seconds(limit);
  return "connection refused or host unreachable";
}

std::string tls_reason() {
  const unsigned long code = ::ERR_peek_last_error();
  const char* reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "the peer ended the handshake";
}

}  // namespace

struct HttpConnection::Impl {
  explicit Impl(HttpSettings with) : settings(std::move(with)), url(push::parse_url(settings.base_url)) {
    if (!url) return;
    const std::string origin = url->scheme + "://" + (url->is_ipv6() ? "[" + url->host + "]" : url->host) + ":" +
                               std::to_string(url->port);
    secure = url->scheme == "https";
    client = secure && !settings.client_cert.empty()
                 ? std::make_unique<httplib::Client>(origin, settings.client_cert, settings.client_key)
                 : std::make_unique<httplib::Client>(origin);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_follow_location(false);  // it would carry the token to wherever it is sent
    if (secure && !settings.ca_file.empty()) client->set_ca_cert_path(settings.ca_file);
    const auto proxy = choose_proxy(*url, {settings.https_proxy, settings.http_proxy, settings.no_proxy});
    if (!proxy) {
      setup_problem = proxy.error().message();
    } else if (proxy.value()) {
      client->set_proxy(proxy.value()->host, proxy.value()->port);
      proxied_by = proxy.value()->host + ":" + std::to_string(proxy.value()->port);
      if (!proxy.value()->user.empty()) client->set_proxy_basic_auth(proxy.value()->user, proxy.value()->password);
    }
  }

  [[nodiscard]] std::string target_of(const HttpRequest& request) const {
    if (request.path.empty()) return url->target;
    return url->target == "/" ? request.path : url->target + request.path;
  }

  [[nodiscard]] std::string peer() const { return url->host + ":" + std::to_string(url->port); }

  void describe(httplib::Error error, HttpResponse& response, milliseconds took, const HttpRequest& request,
                milliseconds patience) const {
    if (cancelled || cancelled_for_good) {
      response.fault = HttpFault::cancelled;
      response.error = "cancelled";
      return;
    }
    const std::string via = proxied_by.empty() ? "" : " (proxy " + proxied_by + ")";
    switch (error) {
      case httplib::Error::Connection:
      case httplib::Error::ConnectionTimeout:
      case httplib::Error::BindIPAddress:
        response.fault = HttpFault::connect;
        response.error = "cannot connect to " + peer() + via + ": " +
                         why_no_connection(proxied_by.empty() ? url->host : proxied_by.substr(0, proxied_by.rfind(':')), took,
                                           request.connect_timeout);
        return;
      case httplib::Error::SSLConnection:
        response.fault = HttpFault::tls;
        response.error = "no TLS with " + peer() + via + ": " + tls_reason();
        return;
      case httplib::Error::SSLLoadingCerts:
        response.fault = HttpFault::tls;
        response.error = "cannot load the certificates in " + settings.ca_file + " (VF_CA_FILE)";
        return;
      case httplib::Error::SSLServerVerification: {
        const long verdict = client->get_openssl_verify_result();
        response.fault = HttpFault::tls;
        response.error = "the certificate of " + peer() + via + " is not trusted: " +
                         (verdict != X509_V_OK ? ::X509_verify_cert_error_string(verdict)
                                               : "it is not for the name " + url->host) +
                         "; VF_CA_FILE names a bundle to trust";
        return;
      }
      case httplib::Error::Canceled:  // by our receiver: it said why already
        return;
      default:
        response.fault = took >= patience ? HttpFault::timeout : HttpFault::closed;
        response.error = took >= patience ? "no whole answer from " + peer() + via + " within " + in_seconds(patience)
                                          : peer() + via + " closed the connection without a whole answer";
        return;
    }
  }

  const HttpSettings settings;
  const std::optional<push::Url> url;
  bool secure = false;
  std::string setup_problem;
  std::string proxied_by;
  std::unique_ptr<httplib::Client> client;
  std::atomic<bool> cancelled{false};
  std::atomic<bool> cancelled_for_good{false};
  std::atomic<steady_clock::rep> last_used{0};

  /// One exchange; `response.status` stays 0 where there was no whole answer.
  struct Exchange {
    HttpResponse response;
    bool any_answer = false;
    std::string location;
  };
  Exchange exchange(const HttpRequest& request, const std::string& target, steady_clock::time_point begin) {
    Exchange done;
    httplib::Request sent;
    sent.method = request.method == HttpMethod::get ? "GET" : "POST";
    sent.path = target;
    sent.headers = {{"User-Agent", settings.user_agent}, {"Accept-Encoding", secure ? "gzip" : "identity"}};
    if (!request.bearer_token.empty()) sent.headers.emplace("Authorization", "Bearer " + request.bearer_token);
    if (request.method == HttpMethod::post) {
      sent.headers.emplace("Content-Type", "application/json");
      sent.body = request.body;
    }
    std::string body;
    HttpFault cut = HttpFault::none;
    sent.content_receiver = [&](const char* bytes, std::size_t length, std::uint64_t, std::uint64_t) {
      if (cancelled || cancelled_for_good) return false;
      if (body.size() + length > request.max_response_bytes) {
        cut = HttpFault::too_large;
        return false;
      }
      if (since(begin) > request.deadline) {  // a server that drips never meets a read timeout
        cut = HttpFault::timeout;
        return false;
      }
      body.append(bytes, length);
      return true;
    };
    const auto result = client->send(sent);
    done.response.duration = exactly_since(begin);
    if (result) {
      done.any_answer = true;
      done.response.status = result->status;
      done.response.body = std::move(body);
      done.response.content_type = result->get_header_value("Content-Type");
      done.location = result->get_header_value("Location");
      if (result->has_header("Retry-After"))
        done.response.retry_after =
            parse_retry_after(result->get_header_value("Retry-After"), std::chrono::system_clock::now());
      return done;
    }
    done.any_answer = !body.empty() || cut != HttpFault::none;
    done.response.fault = cut;
    if (cut == HttpFault::too_large)
      done.response.error = "the answer of " + peer() + " is larger than " + std::to_string(request.max_response_bytes) + " bytes";
    if (cut == HttpFault::timeout)
      done.response.error = "no whole answer from " + peer() + " within " + in_seconds(request.deadline);
    if (cut == HttpFault::none) describe(result.error(), done.response, since(begin), request, request.deadline);
    if (done.response.error.empty()) {
      done.response.fault = HttpFault::cancelled;
      done.response.error = "cancelled";
    }
    return done;
  }
};

HttpConnection::HttpConnection(HttpSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}

HttpConnection::~HttpConnection() = default;

HttpResponse HttpConnection::perform(const HttpRequest& request) {
  Impl& impl = *impl_;
  HttpResponse refused;
  refused.fault = HttpFault::request;
  if (!impl.url) refused.error = "\"" + impl.settings.base_url + "\" is no URL";
  else if (!impl.setup_problem.empty()) refused.error = impl.setup_problem;
  if (!refused.error.empty()) return refused;

  const auto begin = steady_clock::now();
  impl.cancelled = false;
  impl.client->set_connection_timeout(std::min(request.connect_timeout, request.deadline));
  impl.client->set_read_timeout(request.deadline);
  impl.client->set_write_timeout(request.deadline);
  std::string target = impl.target_of(request);
  bool kept_connection = impl.last_used.load() != 0;
  for (int redirects = 0;;) {
    Impl::Exchange done = impl.exchange(request, target, begin);
    impl.last_used = done.response.status != 0 ? steady_clock::now().time_since_epoch().count() : 0;
    if (done.response.fault == HttpFault::closed && !done.any_answer && std::exchange(kept_connection, false)) continue;
    const int status = done.response.status;
    if ((status == 307 || status == 308) && redirects++ < most_redirects) {
      if (const auto next = redirect_target(*impl.url, done.location)) {
        target = *next;
        continue;
      }
      done.response.fault = HttpFault::redirect;
      done.response.error = "redirected to another place, which is not followed";
    }
    return std::move(done.response);
  }
}

HttpStreamEnd HttpConnection::stream(const HttpRequest& request, milliseconds silence,
                                     const std::function<void()>& on_open,
                                     const std::function<bool(std::string_view)>& on_bytes) {
  Impl& impl = *impl_;
  HttpStreamEnd end;
  end.response.fault = HttpFault::request;
  if (!impl.url) end.response.error = "\"" + impl.settings.base_url + "\" is no URL";
  else if (!impl.setup_problem.empty()) end.response.error = impl.setup_problem;
  if (!end.response.error.empty()) return end;
  end.response.fault = HttpFault::none;

  impl.client->set_connection_timeout(request.connect_timeout);
  impl.client->set_read_timeout(silence);
  impl.client->set_write_timeout(request.connect_timeout);
  httplib::Request sent;
  sent.method = "GET";
  sent.path = impl.target_of(request);
  sent.headers = {{"User-Agent", impl.settings.user_agent}, {"Accept", "text/event-stream"}, {"Accept-Encoding", "identity"}, {"Cache-Control", "no-cache"}};
  if (!request.bearer_token.empty()) sent.headers.emplace("Authorization", "Bearer " + request.bearer_token);
  const auto begin = steady_clock::now();
  auto opened = begin;
  auto last_byte = begin;
  bool open = false;
  sent.response_handler = [&](const httplib::Response& head) {
    end.response.status = head.status;
    end.response.content_type = head.get_header_value("Content-Type");
    if (head.has_header("Retry-After"))
      end.response.retry_after = parse_retry_after(head.get_header_value("Retry-After"), std::chrono::system_clock::now());
    if (head.status != 200) return true;
    if (!end.response.content_type.starts_with("text/event-stream")) return false;
    open = true;
    opened = last_byte = steady_clock::now();
    on_open();
    return true;
  };
  sent.content_receiver = [&](const char* bytes, std::size_t length, std::uint64_t, std::uint64_t) {
    if (impl.cancelled || impl.cancelled_for_good) return false;
    last_byte = steady_clock::now();
    if (open) return on_bytes({bytes, length});
    end.response.body.append(bytes, std::min<std::size_t>(length, 4096 - std::min<std::size_t>(4096, end.response.body.size())));
    return end.response.body.size() < 4096;
  };
  const auto result = impl.cancelled_for_good ? httplib::Result(nullptr, httplib::Error::Canceled) : impl.client->send(sent);
  end.response.duration = exactly_since(begin);
  if (open) {
    end.lived = since(opened);
    const milliseconds quiet = since(last_byte);
    end.response.fault = quiet >= silence ? HttpFault::timeout : HttpFault::closed;
    end.response.error = quiet >= silence ? "silent for " + in_seconds(quiet) : "the server ended the stream";
  } else if (end.response.status == 0) {
    impl.describe(result.error(), end.response, since(begin), request, silence);
    if (end.response.error.empty()) end.response.error = "cancelled";
  } else if (end.response.status == 200) {
    end.response.fault = HttpFault::protocol;
    end.response.error = "the answer is " + end.response.content_type + " and no event stream";
  }
  return end;
}

void HttpConnection::cancel() {
  impl_->cancelled = true;
  if (impl_->client) impl_->client->stop();
}

void HttpConnection::cancel_for_good() {
  impl_->cancelled_for_good = true;
  if (impl_->client) impl_->client->stop();
}

steady_clock::time_point HttpConnection::last_used() const {
  return steady_clock::time_point(steady_clock::duration(impl_->last_used.load()));
}

}  // namespace vf::agent
