#include <openssl/ssl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "agent/http/http_connection.h"
#include "agent/http/tls.h"
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

  std::string where() const { return "TLS with 127.0.0.1:" + std::to_string(server->port()) + ": "; }

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
    CHECK(connection.is_open());
  }
}

TEST_CASE_METHOD(Fixture, "without the CA file the server is not trusted, and nothing is sent") {
  serve();
  settings.ca_file.clear();
  const HttpResponse response = ask();
  CHECK(response.status == 0);
  CHECK(response.fault == HttpFault::tls);
  CHECK(response.error == where() + "certificate verify failed: unable to get local issuer certificate");
}

TEST_CASE_METHOD(Fixture, "a self-signed certificate is told as such, and trusted as its own CA file") {
  certificates.make("self", "", "IP:127.0.0.1");
  serve("self");
  CHECK(ask().error == where() + "certificate verify failed: self-signed certificate");
  settings.ca_file = certificates.path("self.crt");
  CHECK(ask().ok());
}

TEST_CASE_METHOD(Fixture, "a certificate for another host is refused") {
  certificates.make("other", "ca", "DNS:other.test,IP:127.0.0.2");
  serve("other");
  CHECK(ask().error == where() + "certificate verify failed: IP address mismatch");
  settings.base_url = "https://localhost:" + std::to_string(server->port());
  CHECK_THAT(ask().error, Catch::EndsWith("certificate verify failed: hostname mismatch"));
}

TEST_CASE_METHOD(Fixture, "an expired certificate is refused") {
  certificates.make("old", "ca", "IP:127.0.0.1", -1);
  serve("old");
  CHECK(ask().error == where() + "certificate verify failed: certificate has expired");
}

TEST_CASE_METHOD(Fixture, "a client certificate is shown where the server wants one") {
  certificates.make_authority("client-ca");
  certificates.make("client", "client-ca", "");
  serve("server", "client-ca");
  const HttpResponse without = ask();
  CHECK(without.status == 0);
  CHECK(without.fault != HttpFault::none);
  CHECK_FALSE(without.error.empty());
  settings.client_cert = certificates.path("client.crt");
  settings.client_key = certificates.path("client.key");
  CHECK(ask().body == "hello Bearer t");
}

TEST_CASE_METHOD(Fixture, "files that cannot be used are named") {
  serve();
  settings.ca_file = certificates.path("none.crt");
  CHECK(ask().error == "cannot load the CA file " + settings.ca_file + ": No such file or directory");
  settings.ca_file = certificates.path("ca.crt");
  settings.client_cert = certificates.path("ca.crt");
  settings.client_key = certificates.path("server.key");
  CHECK_THAT(ask().error, Catch::StartsWith("cannot load the client key ") && Catch::EndsWith(": key values mismatch"));
  std::ofstream(settings.client_cert = certificates.path("bad.crt")) << "nonsense";
  CHECK_THAT(ask().error, Catch::StartsWith("cannot load the client certificate "));
}

TEST_CASE_METHOD(Fixture,
                 "a changed CA file is used by the next connection, an unusable one leaves the last good one") {
  serve();
  TlsContext context({settings.ca_file, "", ""});
  const auto first = context.get();
  REQUIRE(first.ok());
  CHECK(context.get().value() == first.value());
  certificates.make_authority("ca");
  const auto second = context.get();
  CHECK(second.value() != first.value());
  std::ofstream(settings.ca_file) << "nonsense";
  CHECK(context.get().value() == second.value());
  std::filesystem::remove(settings.ca_file);
  CHECK(context.get().value() == second.value());
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
  CHECK_THAT(response.error, Catch::EndsWith(": the connection was closed"));
}

TEST_CASE_METHOD(Fixture, "writing to a TLS connection that is gone raises no SIGPIPE") {
  test::RawServer gone([this](test::Peer& peer, int) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_use_certificate_file(context.get(), certificates.path("server.crt").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context.get(), certificates.path("server.key").c_str(), SSL_FILETYPE_PEM);
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), &SSL_free);
    SSL_set_fd(session.get(), peer.descriptor());
    SSL_accept(session.get());
  });
  const auto before = signal(SIGPIPE, SIG_DFL);  // httplib's server has it ignored: now it would kill
  const int descriptor = test::connect_to(gone.port());
  {
    TlsContext context({certificates.path("ca.crt"), "", ""});
    TlsSession session(context.get().value(), descriptor, "127.0.0.1");
    REQUIRE(session.handshake().outcome == TlsStep::Outcome::done);
    TlsStep step;
    while (step.outcome == TlsStep::Outcome::done) step = session.write("x", 1);
    CHECK(step.outcome == TlsStep::Outcome::failed);
    CHECK(step.cut);
  }
  close(descriptor);
  signal(SIGPIPE, before);
}

}  // namespace vf::agent
