#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "agent/http/http_connection.h"
#include "certificates.h"
#include "http_server.h"
#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;

using TlsServer = test::Running<httplib::SSLServer>;

void add_handlers(httplib::SSLServer& server) {
  server.set_keep_alive_max_count(1000);
  server.Get("/hello", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content("hello " + request.get_header_value("Authorization"), "text/plain");
  });
  server.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.body, "application/json");
  });
}

struct Fixture {
  Fixture() {
    certificates.make_authority("ca");
    certificates.make("server", "ca", "DNS:localhost,IP:127.0.0.1");
  }

  // `client_ca`: clients must show a certificate that it signed.
  void serve(const std::string& certificate = "server", const std::string& client_ca = "") {
    const std::string ca = client_ca.empty() ? "" : certificates.path(client_ca + ".crt");
    server.emplace(add_handlers, certificates.path(certificate + ".crt").c_str(),
                   certificates.path(certificate + ".key").c_str(), ca.empty() ? nullptr : ca.c_str());
    settings.base_url = "https://127.0.0.1:" + std::to_string(server->port());
    settings.ca_file = certificates.path("ca.crt");
  }

  HttpResponse ask(const std::string& path = "/hello") {
    HttpRequest request;
    request.path = path;
    request.deadline = 10s;
    request.bearer_token = "t";
    return HttpConnection(settings).perform(request);
  }

  std::string untrusted(const std::string& why) const {
    return "the certificate of 127.0.0.1:" + std::to_string(server->port()) + " is not trusted: " + why +
           "; VF_CA_FILE names a bundle to trust";
  }

  test::Certificates certificates;
  std::optional<TlsServer> server;
  HttpSettings settings;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a server is trusted when its certificate leads to the CA file and names the host") {
  serve();
  const HttpResponse response = ask();
  CHECK(response.error == "");
  CHECK(response.body == "hello Bearer t");
  settings.base_url = "https://localhost:" + std::to_string(server->port());
  CHECK(ask().body == "hello Bearer t");
}

TEST_CASE_METHOD(Fixture, "a large body goes both ways, on one connection") {
  serve();
  HttpConnection connection(settings);
  HttpRequest request;
  request.method = HttpMethod::post;
  request.path = "/echo";
  request.body = std::string(5 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    const HttpResponse response = connection.perform(request);
    CHECK(response.error == "");
    CHECK((response.body == request.body));  // a bool: Catch would spell both out
  }
}

TEST_CASE_METHOD(Fixture, "without the CA file the server is not trusted, and nothing is sent") {
  serve();
  settings.ca_file.clear();
  const HttpResponse response = ask();
  CHECK(response.status == 0);
  CHECK(response.fault == HttpFault::tls);
  CHECK(response.error == untrusted("unable to get local issuer certificate"));
}

TEST_CASE_METHOD(Fixture, "a self-signed certificate is told as such, and trusted as its own CA file") {
  certificates.make("self", "", "IP:127.0.0.1");
  serve("self");
  CHECK(ask().error == untrusted("self-signed certificate"));
  settings.ca_file = certificates.path("self.crt");
  CHECK(ask().ok());
}

TEST_CASE_METHOD(Fixture, "a certificate for another host is refused") {
  certificates.make("other", "ca", "DNS:other.test,IP:127.0.0.2");
  serve("other");
  CHECK(ask().error == untrusted("it is not for the name 127.0.0.1"));
  settings.base_url = "https://localhost:" + std::to_string(server->port());
  CHECK_THAT(ask().error, Catch::Contains("it is not for the name localhost"));
}

TEST_CASE_METHOD(Fixture, "an expired certificate is refused") {
  certificates.make("old", "ca", "IP:127.0.0.1", -1);
  serve("old");
  CHECK(ask().error == untrusted("certificate has expired"));
}

TEST_CASE_METHOD(Fixture, "a client certificate is shown where the server wants one") {
  certificates.make_authority("client-ca");
  certificates.make("client", "client-ca", "");
  serve("server", "client-ca");
  const HttpResponse without = ask();
  CHECK(without.status == 0);
  // The server says so and resets the connection, which may take its words along.
  CHECK_THAT(without.error, Catch::Contains("certificate required") || Catch::Contains("closed the connection"));
  settings.client_cert = certificates.path("client.crt");
  settings.client_key = certificates.path("client.key");
  CHECK(ask().body == "hello Bearer t");
}

TEST_CASE_METHOD(Fixture, "files that cannot be used are named") {
  serve();
  settings.ca_file = certificates.path("none.crt");
  CHECK(ask().error == "cannot load the certificates in " + settings.ca_file + " (VF_CA_FILE)");
  settings.ca_file = certificates.path("ca.crt");
  settings.client_cert = certificates.path("ca.crt");
  settings.client_key = certificates.path("server.key");
  CHECK_THAT(ask().error, Catch::StartsWith("cannot load the client key ") && Catch::EndsWith(": key values mismatch"));
  std::ofstream(settings.client_cert = certificates.path("bad.crt")) << "nonsense";
  CHECK_THAT(ask().error, Catch::StartsWith("cannot load the client certificate "));
}

TEST_CASE_METHOD(Fixture, "the chain after the client's certificate is shown with it") {
  certificates.make_authority("client-ca");
  certificates.make_authority("between", "client-ca");
  certificates.make("client", "between", "");
  serve("server", "client-ca");
  settings.client_key = certificates.path("client.key");
  settings.client_cert = certificates.path("chain.crt");
  std::ofstream(settings.client_cert) << std::ifstream(certificates.path("client.crt")).rdbuf()
                                      << std::ifstream(certificates.path("between.crt")).rdbuf();
  CHECK(ask().body == "hello Bearer t");
}

TEST_CASE_METHOD(Fixture, "a CA file that was put right is used by the next request of the same connection") {
  serve();
  HttpConnection connection(settings);
  HttpRequest request;
  request.path = "/hello";
  const std::string right = certificates.path("right.crt");
  std::filesystem::rename(settings.ca_file, right);
  CHECK(connection.perform(request).fault == HttpFault::tls);
  certificates.make_authority("ca");
  CHECK(connection.perform(request).fault == HttpFault::tls);
  std::filesystem::rename(right, settings.ca_file);
  CHECK(connection.perform(request).ok());
}

TEST_CASE_METHOD(Fixture, "a server that closes a kept connection properly is asked again over a new one") {
  certificates.make("closing", "ca", "IP:127.0.0.1");
  server.emplace(
      [](httplib::SSLServer& made) {
        add_handlers(made);
        made.set_keep_alive_timeout(0);
      },
      certificates.path("closing.crt").c_str(), certificates.path("closing.key").c_str());
  settings.base_url = "https://127.0.0.1:" + std::to_string(server->port());
  settings.ca_file = certificates.path("ca.crt");
  HttpConnection connection(settings);
  HttpRequest request;
  request.path = "/hello";
  for (int i = 0; i < 3; ++i) {
    CHECK(connection.perform(request).error == "");
    std::this_thread::sleep_for(50ms);
  }
}

TEST_CASE_METHOD(Fixture, "a server without TLS is told as such") {
  test::RawServer plain([](test::Peer& peer, int) {
    peer.read_some();
    peer.write(test::answer(400, "plain HTTP"));
    peer.wait_closed();
  });
  settings.base_url = plain.url("https");
  CHECK_THAT(ask().error, Catch::EndsWith(": wrong version number"));
}

TEST_CASE_METHOD(Fixture, "a peer that ends in the handshake is told as such") {
  test::RawServer gone([](test::Peer& peer, int) { peer.read_some(); });
  settings.base_url = gone.url("https");
  const HttpResponse response = ask();
  CHECK(response.fault == HttpFault::tls);
  CHECK_THAT(response.error, Catch::EndsWith(": the peer ended the handshake"));
}

}  // namespace vf::agent
