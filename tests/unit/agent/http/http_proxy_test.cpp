// Requests through a proxy on loopback to hosts that only the proxy knows.
#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <optional>

#include "agent/http/http_connection.h"
#include "certificates.h"
#include "http_server.h"
#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::Peer;
using test::RawServer;

HttpResponse ask(const HttpSettings& settings, const std::string& path = "/x") {
  HttpRequest request;
  request.path = path;
  request.deadline = 10s;
  request.bearer_token = "t";
  return HttpConnection(settings).perform(request);
}

// Bytes from one to the other, until one of them closes.
void relay(Peer& a, Peer& b) {
  for (;;) {
    pollfd entries[2] = {{a.descriptor(), POLLIN, 0}, {b.descriptor(), POLLIN, 0}};
    if (poll(entries, 2, 10000) <= 0) return;
    Peer& from = entries[0].revents != 0 ? a : b;
    Peer& to = entries[0].revents != 0 ? b : a;
    const std::string bytes = from.read_some();
    if (bytes.empty() || !to.write(bytes)) return;
  }
}

std::string gzipped(const std::string& text) {
  std::string out;
  httplib::detail::gzip_compressor().compress(text.data(), text.size(), true, [&](const char* bytes, std::size_t size) {
    out.append(bytes, size);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("an http request goes through the proxy with its whole URL, and with the proxy's credentials") {
  RawServer proxy([](Peer& peer, int) { peer.write(answer(200, peer.read_request())); });
  HttpSettings settings;
  settings.base_url = "http://cp.test:8080/prefix";
  settings.http_proxy = "http://user:pass@127.0.0.1:" + std::to_string(proxy.port());
  const std::string seen = ask(settings).body;
  CHECK_THAT(seen, Catch::StartsWith("GET http://cp.test:8080/prefix/x HTTP/1.1\r\n"));
  CHECK_THAT(seen, Catch::Contains("\r\nHost: cp.test:8080\r\n"));
  CHECK_THAT(seen, Catch::Contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"));
  CHECK_THAT(seen, Catch::Contains("\r\nAccept-Encoding: gzip\r\n"));
}

TEST_CASE("a compressed answer is asked for beyond loopback and unpacked within the limit") {
  const std::string text(100000, 'x');
  RawServer proxy([&](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(200, gzipped(text), "Content-Encoding: gzip\r\n"));
  });
  HttpSettings settings;
  settings.base_url = "http://cp.test";
  settings.http_proxy = proxy.url();
  CHECK(ask(settings).body == text);
  HttpRequest request;
  request.path = "/";
  request.max_response_bytes = 99999;
  CHECK(HttpConnection(settings).perform(request).fault == HttpFault::too_large);
}

TEST_CASE("an https request goes through a tunnel, and the proxy sees neither token nor path") {
  test::Certificates certificates;
  certificates.make("server", "", "DNS:cp.test");
  test::Running<httplib::SSLServer> server(
      [](httplib::SSLServer& s) {
        s.Get("/x", [](const httplib::Request& request, httplib::Response& response) {
          std::string seen;
          for (const auto& [name, value] : request.headers) seen += name + ": " + value + "\n";
          response.set_content(seen, "text/plain");
        });
      },
      certificates.path("server.crt").c_str(), certificates.path("server.key").c_str());
  std::string connect;
  RawServer proxy([&](Peer& peer, int) {
    connect = peer.read_head();
    Peer target(test::connect_to(server.port()));
    peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
    relay(peer, target);
    close(target.descriptor());
  });
  HttpSettings settings;
  settings.base_url = "https://cp.test";
  settings.ca_file = certificates.path("server.crt");
  settings.https_proxy = "user:pass@127.0.0.1:" + std::to_string(proxy.port());
  const HttpResponse response = ask(settings);
  CHECK(response.error.empty());
  CHECK(response.status == 200);
  CHECK_THAT(response.body, Catch::Contains("Authorization: Bearer t\n"));
  CHECK_THAT(response.body, Catch::Contains("Host: cp.test\n"));
  CHECK_THAT(response.body, !Catch::Contains("dXNlcjpwYXNz"));
  CHECK_THAT(connect, Catch::StartsWith("CONNECT cp.test:443 HTTP/1.1\r\n"));
  CHECK_THAT(connect, Catch::Contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"));
  CHECK_THAT(connect, !Catch::Contains("Bearer"));
}

TEST_CASE("a proxy that wants other credentials is told as such, as often as it is asked") {
  RawServer proxy([](Peer& peer, int) {
    peer.read_head();
    peer.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nsorr");
    peer.wait_closed();
  });
  HttpSettings settings;
  settings.base_url = "https://cp.test:8443";
  settings.https_proxy = proxy.url();
  HttpConnection connection(settings);
  HttpRequest request;
  request.path = "/x";
  for (int i = 0; i < 3; ++i) {
    const HttpResponse response = connection.perform(request);
    CHECK(response.status == 0);
    CHECK(response.fault == HttpFault::proxy);
    CHECK(response.error ==
          "the proxy refuses the way to cp.test:8443 (proxy 127.0.0.1:" + std::to_string(proxy.port()) + "): 407");
    const HttpStreamEnd end = connection.stream(
        request, 10s, [] {}, [](std::string_view) { return true; });
    CHECK(end.response.status == 0);
    CHECK(end.response.error == response.error);
  }
  CHECK(proxy.connections() == 6);
}

TEST_CASE("a proxy that speaks no HTTP, says nothing, or is not there, is told as such") {
  HttpSettings settings;
  settings.base_url = "https://cp.test";
  {
    RawServer garbage([](Peer& peer, int) {
      peer.read_head();
      peer.write("220 smtp.test ESMTP\r\n\r\n");
    });
    settings.https_proxy = garbage.url();
    CHECK_THAT(ask(settings).error, Catch::StartsWith("no TLS with cp.test:443 (proxy 127.0.0.1:"));
    RawServer refusing([](Peer& peer, int) {
      peer.read_head();
      peer.write(answer(403, "no"));
    });
    settings.https_proxy = refusing.url();
    CHECK_THAT(ask(settings).error, Catch::StartsWith("no TLS with cp.test:443 (proxy 127.0.0.1:") &&
                                        Catch::EndsWith("; or the proxy refuses the way"));
    RawServer silent([](Peer& peer, int) { peer.wait_closed(); });
    settings.https_proxy = silent.url();
    HttpRequest request;
    request.path = "/";
    request.deadline = 50ms;
    const HttpResponse response = HttpConnection(settings).perform(request);
    CHECK(response.fault == HttpFault::timeout);
    CHECK_THAT(response.error, Catch::EndsWith(" within 50 ms"));
  }
  CHECK_THAT(ask(settings).error, Catch::StartsWith("cannot connect to cp.test:443 (proxy 127.0.0.1:"));
}

TEST_CASE("a proxy setting that makes no sense fails every request, without repeating the password") {
  HttpSettings settings;
  settings.base_url = "https://cp.test";
  settings.https_proxy = "socks5://u:secret@127.0.0.1:1";
  const HttpResponse response = ask(settings);
  CHECK(response.fault == HttpFault::request);
  CHECK(response.error == "cannot use the proxy of https_proxy: only http:// proxies are supported");
}

TEST_CASE("loopback is reached without the proxy") {
  RawServer proxy([](Peer&, int) {});
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(200, "direct"));
  });
  HttpSettings settings;
  settings.base_url = server.url();
  settings.http_proxy = proxy.url();
  CHECK(ask(settings).body == "direct");
  CHECK(proxy.connections() == 0);
}

}  // namespace vf::agent
