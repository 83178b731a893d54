#include "agent/http/http_connection.h"

#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>

#include "agent/http/breaker.h"
#include "agent/http/guarded_socket.h"
#include "agent/http/proxy.h"
#include "agent/http/redirect.h"
#include "agent/http/retry_after.h"
#include "push/url.h"

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int most_redirects = 3;
constexpr int proxy_wants_credentials = 407;
constexpr std::uint64_t most_reserved = 1U << 20;  // on a server's word alone

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
}

std::string in_seconds(milliseconds time) {
  return time < std::chrono::seconds(1) ? std::to_string(time.count()) + " ms"
                                        : std::to_string(time.count() / 1000) + " s";
}

// poll() takes milliseconds as an int.
milliseconds waitable(milliseconds time) {
  return std::clamp(time, milliseconds(1), milliseconds(std::chrono::hours(24)));
}

bool is_redirect(int status, HttpMethod method) {
  if (status == 307 || status == 308) return true;
  return method == HttpMethod::get && (status == 301 || status == 302 || status == 303);
}

bool is_loopback(const push::Url& url) {
  return url.host == "localhost" || url.host == "::1" || url.host.starts_with("127.");
}

/// What OpenSSL noted since its errors were cleared; "": nothing, or only what follows from a peer that is gone.
std::string tls_reason() {
  const unsigned long code = ::ERR_peek_error();
  if (code == 0 || ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  const int number = ERR_GET_REASON(code);
  if (number == SSL_R_UNEXPECTED_EOF_WHILE_READING || number == SSL_R_SHUTDOWN_WHILE_IN_INIT) return {};
  const char* reason = ::ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(number);
}

}  // namespace

namespace {

class GuardedStream final : public httplib::Stream {
 public:
  explicit GuardedStream(GuardedSocket& socket, int descriptor) : socket_(socket), descriptor_(descriptor) {}
  [[nodiscard]] bool is_readable() const override { return socket_.wait_readable(); }
  [[nodiscard]] bool is_writable() const override { return socket_.wait_writable(); }
  ssize_t read(char* to, std::size_t size) override { return socket_.read(to, size); }
  ssize_t write(const char* bytes, std::size_t size) override { return socket_.write(bytes, size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}  // asked by servers only
  void get_local_ip_and_port(std::string&, int&) const override {}
  [[nodiscard]] socket_t socket() const override { return descriptor_; }

 private:
  GuardedSocket& socket_;
  const int descriptor_;
};

/// What our clients share beside httplib's own interface.
struct Guard {
  GuardLimits limits;
  GuardedSocket* now = nullptr;  // during an exchange
  GuardedSocket::Cut cut = GuardedSocket::Cut::none;
  bool leftover = false;

  bool run(int descriptor, SSL* tls, const std::function<bool(httplib::Stream&)>& exchange) {
    GuardedSocket socket(descriptor, tls, limits);
    GuardedStream stream(socket, descriptor);
    now = &socket;
    const bool done = exchange(stream);
    now = nullptr;
    cut = socket.cut();
    leftover = socket.has_leftover();
    return done;
  }
};

/// httplib's client over our stream instead of its own, which has no limits and reads 4 KiB a system call.
template <typename Client>
class Guarded final : public Client {
 public:
  Guarded(Guard& guard, const std::string& host, int port) : Client(host, port), guard_(guard) {}

 private:
  using typename Client::Socket;
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> exchange) override {
    return guard_.run(socket.sock, socket.ssl, exchange);
  }
  Guard& guard_;
};

}  // namespace

struct HttpConnection::Impl {
  explicit Impl(HttpSettings with);

  /// As far as it can be said before anything is sent.
  [[nodiscard]] std::string problem_with(const std::string& target) const;
  [[nodiscard]] std::string target_of(const HttpRequest& request) const;
  [[nodiscard]] std::string peer() const;

  /// Makes `client` where there is none; what is wrong with its TLS files, or "".
  std::string make_client();
  [[nodiscard]] httplib::Request spell(const HttpRequest& request, const std::string& target) const;
  /// false: there was no whole answer.
  bool send(httplib::Request& request, httplib::Response& answer, httplib::Error& error);
  /// Fault and words for what send() failed with.
  void explain(httplib::Error error, milliseconds took, milliseconds connect_patience, milliseconds patience,
               HttpResponse& response);

  struct Exchange {
    HttpResponse response;  ///< status 0: there was no whole answer
    bool may_repeat = false;
    std::string location;
  };
  Exchange exchange(const HttpRequest& request, const std::string& target, steady_clock::time_point begin);

  const HttpSettings settings;
  const std::optional<push::Url> url;
  bool secure = false;
  std::string problem;
  std::optional<Proxy> proxy;
  Breaker breaker;
  int sockets_made = 0;  // during one send()
  bool no_descriptors = false;
  Guard guard;
  std::unique_ptr<httplib::ClientImpl> client;
  steady_clock::time_point last_used;
};

HttpConnection::Impl::Impl(HttpSettings with) : settings(std::move(with)), url(push::parse_url(settings.base_url)) {
  if (!url) {
    problem = "the server's URL is no http(s)://host[:port][/path]: " + settings.base_url;
    return;
  }
  secure = url->scheme == "https";
  auto chosen = choose_proxy(*url, {settings.https_proxy, settings.http_proxy, settings.no_proxy});
  if (chosen) {
    proxy = std::move(chosen).value();
  } else {
    problem = chosen.error().message();
  }
}

std::string HttpConnection::Impl::problem_with(const std::string& target) const {
  if (!problem.empty()) return problem;
  return is_request_target(target) ? "" : "the request's path has bytes that no path has";
}

std::string HttpConnection::Impl::target_of(const HttpRequest& request) const {
  if (!url || request.path.empty()) return url ? url->target : "/";
  std::string prefix = url->target.substr(0, url->target.find('?'));
  while (prefix.ends_with('/')) prefix.pop_back();
  return request.path.starts_with('/') ? prefix + request.path : "";
}

std::string HttpConnection::Impl::peer() const {
  const std::string host = url->is_ipv6() ? "[" + url->host + "]" : url->host;
  const std::string way = proxy ? " (proxy " + proxy->host + ":" + std::to_string(proxy->port) + ")" : "";
  return host + ":" + std::to_string(url->port) + way;
}

std::string HttpConnection::Impl::make_client() {
  if (client) return {};
  std::unique_ptr<httplib::ClientImpl> made;
  if (secure) {
    made = std::make_unique<Guarded<httplib::SSLClient>>(guard, url->host, url->port);
  } else {
    made = std::make_unique<Guarded<httplib::ClientImpl>>(guard, url->host, url->port);
  }
  made->set_keep_alive(true);
  made->set_tcp_nodelay(true);
  made->set_url_encode(false);       // paths come encoded
  made->set_follow_location(false);  // it would carry the token to wherever it is sent
  made->set_socket_options([this](int socket) {
    ++sockets_made;
    breaker.watch_unconnected(socket);
  });
  if (proxy) {
    made->set_proxy(proxy->host, proxy->port);
    if (secure && !proxy->user.empty()) made->set_proxy_basic_auth(proxy->user, proxy->password);
  }
  if (secure) {
    if (!settings.ca_file.empty()) made->set_ca_cert_path(settings.ca_file);
    SSL_CTX* const context = static_cast<httplib::SSLClient&>(*made).ssl_context();
    ::ERR_clear_error();
    const auto unusable = [](const std::string& what) {
      const std::string why = ::ERR_reason_error_string(::ERR_peek_last_error()) != nullptr
                                  ? ::ERR_reason_error_string(::ERR_peek_last_error())
                                  : "unreadable";
      return "cannot load the client " + what + ": " + why;
    };
    if (!settings.client_cert.empty()) {  // httplib would leave out the chain after the leaf
      if (::SSL_CTX_use_certificate_chain_file(context, settings.client_cert.c_str()) != 1)
        return unusable("certificate " + settings.client_cert);
      if (::SSL_CTX_use_PrivateKey_file(context, settings.client_key.c_str(), SSL_FILETYPE_PEM) != 1)
        return unusable("key " + settings.client_key);
    }
  }
  client = std::move(made);
  return {};
}

httplib::Request HttpConnection::Impl::spell(const HttpRequest& request, const std::string& target) const {
  httplib::Request sent;
  sent.method = request.method == HttpMethod::get ? "GET" : "POST";
  sent.path = target;
  sent.headers = {{"Host", url->authority()}, {"User-Agent", settings.user_agent}};
  if (!request.bearer_token.empty()) sent.headers.emplace("Authorization", "Bearer " + request.bearer_token);
  if (request.method == HttpMethod::post) {
    sent.headers.emplace("Content-Type", "application/json");
    sent.body = request.body;
  }
  if (proxy && !proxy->user.empty()) {
    // Within a tunnel httplib would tell the proxy's password to the server, unless the header is there.
    if (secure) sent.headers.emplace("Proxy-Authorization", "");
    if (!secure) sent.headers.insert(httplib::make_basic_authentication_header(proxy->user, proxy->password, true));
  }
  return sent;
}

bool HttpConnection::Impl::send(httplib::Request& request, httplib::Response& answer, httplib::Error& error) {
  sockets_made = 0;
  guard.cut = GuardedSocket::Cut::none;
  guard.leftover = false;
  ::ERR_clear_error();
  errno = 0;
  if (client->is_socket_open() != 0) {
    // What came unasked would be taken for the answer. (Under TLS it may be a session ticket.)
    char byte = 0;
    if (!secure && ::recv(client->socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) client->stop();
  }
  if (client->is_socket_open() != 0) breaker.watch(client->socket());
  const bool sent = !breaker.tripped() && client->send(request, answer, error);
  no_descriptors = errno == EMFILE || errno == ENFILE;
  breaker.release();
  if (guard.leftover) client->stop();  // it would be taken for the next answer
  return sent && !breaker.tripped();   // a body without a length looks whole when it is cut off
}

void HttpConnection::Impl::explain(httplib::Error error, milliseconds took, milliseconds connect_patience,
                                   milliseconds patience, HttpResponse& response) {
  const auto say = [&](HttpFault fault, std::string words) {
    response.fault = fault;
    response.error = std::move(words);
  };
  if (breaker.tripped()) return say(HttpFault::cancelled, "cancelled");
  switch (error) {
    case httplib::Error::Connection:
      if (sockets_made == 0 && no_descriptors)
        return say(HttpFault::connect, "cannot connect to " + peer() + ": too many open files");
      if (sockets_made == 0)
        return say(HttpFault::resolve, "cannot resolve " + (proxy ? "the proxy " + proxy->host : url->host));
      return say(HttpFault::connect, "cannot connect to " + peer() + ": connection refused or host unreachable");
    case httplib::Error::ConnectionTimeout:
      return say(HttpFault::timeout,
                 "cannot connect to " + peer() + ": no answer within " + in_seconds(connect_patience));
    case httplib::Error::SSLConnection: {
      const std::string reason = tls_reason();
      const std::string refused = proxy ? "; or the proxy refuses the way" : "";
      if (!reason.empty()) return say(HttpFault::tls, "no TLS with " + peer() + ": " + reason + refused);
      if (took >= connect_patience)
        return say(HttpFault::timeout, "no TLS with " + peer() + ": no answer within " + in_seconds(connect_patience));
      return say(HttpFault::tls, "no TLS with " + peer() + ": the peer ended the handshake" + refused);
    }
    case httplib::Error::SSLLoadingCerts:
      client = nullptr;  // it would not read the file again
      return say(HttpFault::tls, "cannot load the certificates in " + settings.ca_file + " (VF_CA_FILE)");
    case httplib::Error::SSLServerVerification: {
      const long verdict = static_cast<httplib::SSLClient&>(*client).get_openssl_verify_result();
      client = nullptr;
      return say(HttpFault::tls, "the certificate of " + peer() + " is not trusted: " +
                                     (verdict != X509_V_OK ? ::X509_verify_cert_error_string(verdict)
                                                           : "it is not for the name " + url->host) +
                                     "; VF_CA_FILE names a bundle to trust");
    }
    default:
      if (guard.cut == GuardedSocket::Cut::head)
        return say(HttpFault::protocol, "the answer of " + peer() + " has no head that HTTP knows: a line of over " +
                                            std::to_string(GuardedSocket::longest_line / 1024) + " KiB, or more than " +
                                            std::to_string(GuardedSocket::longest_head / 1024) + " KiB in all");
      if (const std::string reason = tls_reason(); !reason.empty())
        return say(HttpFault::tls, peer() + " ended TLS: " + reason);
      if (took >= patience)
        return say(HttpFault::timeout, "no whole answer from " + peer() + " within " + in_seconds(patience));
      return say(HttpFault::closed, peer() + " closed the connection without a whole answer");
  }
}

HttpConnection::Impl::Exchange HttpConnection::Impl::exchange(const HttpRequest& request, const std::string& target,
                                                              steady_clock::time_point begin) {
  Exchange done;
  HttpResponse& response = done.response;
  if (const std::string unusable = make_client(); !unusable.empty()) {
    response.fault = HttpFault::tls;
    response.error = unusable;
    return done;
  }
  const milliseconds left = waitable(request.deadline - since(begin));
  client->set_connection_timeout(std::min(left, waitable(request.connect_timeout)));
  client->set_read_timeout(left);  // of the TLS handshake and of the way through a proxy; the rest is the guard's
  client->set_write_timeout(left);
  guard.limits = {left, steady_clock::now() + left};

  httplib::Request sent = spell(request, target);
  sent.headers.emplace("Accept-Encoding", is_loopback(*url) || request.on_body ? "identity" : "gzip");
  bool answered = false;
  bool handed_on = false;
  std::uint64_t received = 0;
  std::uint64_t length_said = 0;
  HttpFault cut = HttpFault::none;
  sent.response_handler = [&](const httplib::Response& head) {
    guard.now->head_is_done();
    handed_on = request.on_body && head.status == 200;
    length_said = head.get_header_value<std::uint64_t>("Content-Length");
    if (length_said > 0 && !handed_on)
      response.body.reserve(std::min({length_said, std::uint64_t{request.max_response_bytes}, most_reserved}));
    return answered = true;
  };
  sent.content_receiver = [&](const char* bytes, std::size_t length, std::uint64_t, std::uint64_t total) {
    received += length;
    if (std::max(total, received) > request.max_response_bytes) {
      cut = HttpFault::too_large;
    } else if (since(begin) >= request.deadline) {  // a server that drips never meets a read timeout
      cut = HttpFault::timeout;
    } else if (handed_on) {
      if (!request.on_body({bytes, length}, length_said)) cut = HttpFault::cancelled;
    } else {
      response.body.append(bytes, length);
    }
    return cut == HttpFault::none && !breaker.tripped();
  };
  httplib::Response answer;
  auto error = httplib::Error::Success;
  const bool whole = send(sent, answer, error);
  last_used = steady_clock::now();
  if (whole && secure && proxy && answer.status == proxy_wants_credentials) {
    client = nullptr;  // it would take the connection, which has no TLS, for one that has
    response.fault = HttpFault::proxy;
    response.error = "the proxy refuses the way to " + peer() + ": " + std::to_string(answer.status);
    return done;
  }
  if (whole) {
    response.status = answer.status;
    response.content_type = answer.get_header_value("Content-Type");
    done.location = answer.get_header_value("Location");
    if (answer.has_header("Retry-After"))
      response.retry_after = parse_retry_after(answer.get_header_value("Retry-After"), std::chrono::system_clock::now(),
                                               answer.get_header_value("Date"));
    return done;
  }
  response.body.clear();
  if (cut == HttpFault::too_large) {
    response.fault = cut;
    response.error = "the answer of " + peer() + " is beyond " + std::to_string(request.max_response_bytes) + " bytes";
  } else if (cut == HttpFault::cancelled) {
    response.fault = cut;
    response.error = "cancelled";
  } else {
    explain(error, since(begin), request.connect_timeout, request.deadline, response);
  }
  done.may_repeat = response.fault == HttpFault::closed && sockets_made == 0 && !answered;
  return done;
}

HttpConnection::HttpConnection(HttpSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}

HttpConnection::~HttpConnection() = default;

HttpResponse HttpConnection::perform(const HttpRequest& request) {
  const auto begin = steady_clock::now();
  std::string target = impl_->target_of(request);
  HttpResponse refused;
  refused.fault = HttpFault::request;
  refused.error = impl_->problem_with(target);
  if (!refused.error.empty()) return refused;

  for (int redirects = 0;;) {
    Impl::Exchange done = impl_->exchange(request, target, begin);
    if (done.may_repeat) continue;  // once: the next one is not over a kept connection
    done.response.duration = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    if (!is_redirect(done.response.status, request.method)) return std::move(done.response);
    const auto next = redirect_target(*impl_->url, done.location);
    if (!next || redirects++ == most_redirects) {
      done.response.fault = HttpFault::redirect;
      done.response.location = std::move(done.location);
      done.response.error = "redirects are followed within the server only, and three times: not followed";
      return std::move(done.response);
    }
    target = *next;
  }
}

HttpStreamEnd HttpConnection::stream(const HttpRequest& request, milliseconds silence,
                                     const std::function<void()>& on_open,
                                     const std::function<bool(std::string_view)>& on_bytes) {
  Impl& impl = *impl_;
  const auto begin = steady_clock::now();
  HttpStreamEnd end;
  HttpResponse& response = end.response;
  const auto say = [&](HttpFault fault, std::string words) {
    response.fault = fault;
    response.error = std::move(words);
  };
  std::string target = impl.target_of(request);
  if (const std::string problem = impl.problem_with(target); !problem.empty()) {
    say(HttpFault::request, problem);
    return end;
  }
  for (int redirects = 0;;) {
    if (const std::string unusable = impl.make_client(); !unusable.empty()) {
      say(HttpFault::tls, unusable);
      return end;
    }
    impl.client->set_connection_timeout(waitable(request.connect_timeout));
    impl.client->set_read_timeout(waitable(silence));
    impl.client->set_write_timeout(waitable(silence));
    impl.guard.limits = {waitable(silence), std::nullopt};
    httplib::Request sent = impl.spell(request, target);
    sent.headers.emplace("Accept", "text/event-stream");
    sent.headers.emplace("Accept-Encoding", "identity");
    sent.headers.emplace("Cache-Control", "no-cache");
    const auto asked = steady_clock::now();
    auto opened = asked;
    auto last_byte = asked;
    bool open = false;
    bool enough = false;
    std::string location;
    response = {};
    sent.response_handler = [&](const httplib::Response& head) {
      response.status = head.status;
      response.content_type = head.get_header_value("Content-Type");
      location = head.get_header_value("Location");
      if (head.has_header("Retry-After"))
        response.retry_after = parse_retry_after(head.get_header_value("Retry-After"), std::chrono::system_clock::now(),
                                                 head.get_header_value("Date"));
      open = head.status == 200 && response.content_type.starts_with("text/event-stream");
      if (!open) return false;  // its body may never end
      impl.guard.now->head_is_done();
      opened = last_byte = steady_clock::now();
      on_open();
      return true;
    };
    sent.content_receiver = [&](const char* bytes, std::size_t length, std::uint64_t, std::uint64_t) {
      if (impl.breaker.tripped()) return false;
      last_byte = steady_clock::now();
      enough = !on_bytes({bytes, length});
      return !enough;
    };
    httplib::Response answer;
    auto error = httplib::Error::Success;
    const bool whole = impl.send(sent, answer, error);
    response.duration = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
    if (open) {
      end.lived = since(opened);
      const milliseconds quiet = since(last_byte);
      if (impl.breaker.tripped()) {
        say(HttpFault::cancelled, "cancelled");
      } else if (enough) {
        say(HttpFault::none, "we ended it");
      } else if (whole) {
        say(HttpFault::closed, "the server ended the stream");
      } else if (quiet >= silence) {
        say(HttpFault::timeout, "nothing was heard for " + in_seconds(quiet));
      } else {
        say(HttpFault::closed, "the stream was cut off: the server closed the connection");
      }
      return end;
    }
    if (response.status == 0 && whole && answer.status == proxy_wants_credentials) {
      impl.client = nullptr;  // see exchange()
      say(HttpFault::proxy, "the proxy refuses the way to " + impl.peer() + ": " + std::to_string(answer.status));
    } else if (response.status == 0) {
      impl.explain(error, since(asked), request.connect_timeout, silence, response);
      if (response.error.empty()) say(HttpFault::protocol, "the answer is " + std::to_string(answer.status));
    } else if (response.status == 200) {
      say(HttpFault::protocol, "the answer is no event stream but '" + response.content_type + "'");
    } else if (is_redirect(response.status, HttpMethod::get)) {
      const auto next = redirect_target(*impl.url, location);
      if (next && redirects++ < most_redirects && !impl.breaker.tripped()) {
        target = *next;
        continue;
      }
      say(HttpFault::redirect, "redirects are followed within the server only, and three times: not followed");
    }
    return end;
  }
}

void HttpConnection::cancel() {
  impl_->breaker.trip();
}

void HttpConnection::close_if_idle_for(milliseconds longest) {
  if (impl_->client && steady_clock::now() - impl_->last_used > longest) impl_->client->stop();
}

}  // namespace vf::agent
