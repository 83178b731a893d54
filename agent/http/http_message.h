// What is asked of an HTTP server and what comes back, for all of the agent's HTTP: control plane, push stream,
// scrapes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vf::agent {

/// How to reach one server. Fixed for the life of a connection.
struct HttpSettings {
  std::string base_url;     ///< http(s)://host[:port][/prefix]
  std::string ca_file;      ///< PEM bundle trusted instead of the system's; "": the system's
  std::string client_cert;  ///< PEM, the chain after the leaf; only together with client_key
  std::string client_key;   ///< PEM, without a passphrase
  std::string https_proxy;  ///< see proxy.h
  std::string http_proxy;
  std::string no_proxy;
  std::string user_agent = "vf-agent";
};

enum class HttpMethod { get, post };

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string path;          ///< appended to the base URL; begins with '/', may carry a query; already encoded
  std::string body;          ///< of a POST, sent as application/json and never compressed
  std::string bearer_token;  ///< "" sends none
  std::chrono::milliseconds connect_timeout{10'000};       ///< TCP and TLS, each; see http_connection.h
  std::chrono::milliseconds deadline{30'000};              ///< everything; see http_connection.h
  std::size_t max_response_bytes = std::size_t{64} << 20;  ///< of the body, decompressed
  /// Where it is set: gets the body of an answer of 200 as it comes, on the worker, and `body` stays empty. `length` is
  /// that of the whole body, 0 where the server does not say. False ends the call (HttpFault::cancelled).
  std::function<bool(std::string_view bytes, std::uint64_t length)> on_body;
};

/// What failed, where something did.
enum class HttpFault {
  none,
  request,    ///< what was asked for makes no sense: URL, path, proxy setting
  resolve,    ///< the host's name
  connect,    ///< TCP
  proxy,      ///< the proxy refused
  tls,        ///< handshake, certificates
  timeout,    ///< connect_timeout, deadline or silence
  closed,     ///< the peer closed or reset the connection too early
  protocol,   ///< the answer is not HTTP
  too_large,  ///< the answer is beyond max_response_bytes
  redirect,   ///< a redirect that is not followed; the answer is there all the same
  cancelled,
};

struct HttpFailure {
  HttpFault fault = HttpFault::none;
  std::string words;  ///< for people, as in "cannot connect to cp.example:443 (192.0.2.1): Connection refused"
};

struct HttpResponse {
  int status = 0;  ///< 0: there was no (whole) answer, and `error` says why
  std::string body;
  std::string content_type;
  std::optional<std::chrono::seconds> retry_after;
  std::string location;  ///< of a redirect that was not followed
  HttpFault fault = HttpFault::none;
  std::string error;  ///< in words; "" unless status is 0 or fault is `redirect`
  std::chrono::microseconds duration{0};

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

}  // namespace vf::agent
