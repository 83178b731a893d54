#include "agent/http/http_connection.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::Peer;
using test::RawServer;

HttpSettings settings_for(const RawServer& server, const std::string& prefix = "") {
  HttpSettings settings;
  settings.base_url = server.url() + prefix;
  return settings;
}

HttpRequest get(const std::string& path = "/") {
  HttpRequest request;
  request.path = path;
  return request;
}

HttpRequest post(const std::string& path, std::string body) {
  HttpRequest request = get(path);
  request.method = HttpMethod::post;
  request.body = std::move(body);
  return request;
}

// Answers every request of a connection with its own text, until the client closes.
void echo(Peer& peer, int) {
  for (std::string request; !(request = peer.read_request()).empty();) peer.write(answer(200, request));
}

}  // namespace

TEST_CASE("a GET says who asks, with what right, and for nothing compressed on loopback") {
  RawServer server(echo);
  HttpSettings settings = settings_for(server, "/prefix/");
  settings.user_agent = "vf-agent/1.2.3";
  HttpConnection connection(settings);
  HttpRequest request = get("/api/agent/config?a=b%20c");
  request.bearer_token = "vf_node_x";
  const HttpResponse response = connection.perform(request);
  REQUIRE(response.error.empty());
  CHECK(response.ok());
  CHECK_THAT(response.body, Catch::StartsWith("GET /prefix/api/agent/config?a=b%20c HTTP/1.1\r\n"));
  CHECK_THAT(response.body, Catch::Contains("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  CHECK_THAT(response.body, Catch::Contains("\r\nAuthorization: Bearer vf_node_x\r\n"));
  CHECK_THAT(response.body, Catch::Contains("\r\nUser-Agent: vf-agent/1.2.3\r\n"));
  CHECK_THAT(response.body, Catch::Contains("\r\nAccept-Encoding: identity\r\n"));
  CHECK_THAT(response.body, !Catch::Contains("Content-"));
  CHECK_THAT(response.body, !Catch::Contains("Connection: close"));
}

TEST_CASE("a POST sends its body as JSON, uncompressed") {
  RawServer server(echo);
  HttpConnection connection(settings_for(server));
  const std::string body = "{\"a\":\"" + std::string(3 << 20, 'x') + "\"}";
  const HttpResponse response = connection.perform(post("/logs", body));
  CHECK(response.status == 200);
  CHECK_THAT(response.body.substr(0, 500), Catch::Contains("\r\nContent-Type: application/json\r\n"));
  CHECK_THAT(response.body.substr(0, 500),
             Catch::Contains("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
  CHECK(response.body.ends_with("\r\n\r\n" + body));
  CHECK_THAT(connection.perform(post("/empty", "")).body, Catch::Contains("\r\nContent-Length: 0\r\n"));
}

TEST_CASE("requests one after the other share one connection") {
  RawServer server(echo);
  HttpConnection connection(settings_for(server));
  for (int i = 0; i < 5; ++i) CHECK(connection.perform(get()).ok());
  CHECK(server.connections() == 1);
}

TEST_CASE("an answer tells status, type, Retry-After and duration, whatever the status") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(429, "{\"error\":\"slow\"}", "content-type: application/json\r\nretry-after: 17\r\n"));
    peer.read_request();
    peer.write("HTTP/1.1 204 No Content\r\n\r\n");
    peer.wait_closed();
  });
  HttpConnection connection(settings_for(server));
  const HttpResponse response = connection.perform(get());
  CHECK(response.status == 429);
  CHECK(response.fault == HttpFault::none);
  CHECK(response.error.empty());
  CHECK(response.content_type == "application/json");
  CHECK(response.retry_after == 17s);
  CHECK(response.body == "{\"error\":\"slow\"}");
  CHECK(response.duration < 10s);
  CHECK(connection.perform(get()).status == 204);
  CHECK(server.connections() == 1);
}

TEST_CASE("a chunked answer and one that ends with the connection are read whole") {
  RawServer server([](Peer& peer, int number) {
    peer.read_request();
    if (number == 0) {
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      peer.write("a;x=y\r\n0123456789\r\n0\r\n\r\n");
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\n\r\nto the end");
    }
  });
  HttpConnection connection(settings_for(server));
  CHECK(connection.perform(get()).body == "abc0123456789");
  CHECK(connection.perform(get()).body == "to the end");
  CHECK(server.connections() == 1);
}

TEST_CASE("a connection that the server wants closed is not used again") {
  RawServer server([](Peer& peer, int number) {
    peer.read_request();
    peer.write(number == 0 ? answer(200, "x", "Connection: close\r\n")
                           : "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx");
    peer.wait_closed();
  });
  HttpConnection connection(settings_for(server));
  for (int i = 0; i < 3; ++i) {
    CHECK(connection.perform(get()).body == "x");
  }
  CHECK(server.connections() == 3);
}

TEST_CASE("a kept connection that the server has closed meanwhile is replaced, and the request sent once") {
  std::atomic<int> requests = 0;
  RawServer server([&](Peer& peer, int) {
    if (peer.read_request().empty()) return;
    ++requests;
    peer.write(answer(200, "x"));
  });
  HttpConnection connection(settings_for(server));
  for (int i = 0; i < 20; ++i) CHECK(connection.perform(post("/", "{}")).ok());
  CHECK(requests == 20);
}

TEST_CASE("a request that a kept connection swallowed is sent again on a fresh one, once") {
  std::atomic<int> requests = 0;
  const bool reset = GENERATE(false, true);
  RawServer server([&](Peer& peer, int number) {
    for (int i = 0; !peer.read_request().empty(); ++i) {
      ++requests;
      if (number == 0 && i == 1) {
        if (reset) peer.reset();
        return;
      }
      peer.write(answer(200, "x"));
    }
  });
  HttpConnection connection(settings_for(server));
  CHECK(connection.perform(post("/", "{}")).ok());
  CHECK(connection.perform(post("/", "{}")).ok());
  CHECK(requests == 3);
  CHECK(server.connections() == 2);
}

TEST_CASE("a request that a fresh connection swallowed is not sent again") {
  RawServer server([](Peer& peer, int) { peer.read_request(); });
  HttpConnection connection(settings_for(server));
  const HttpResponse response = connection.perform(get());
  CHECK(response.status == 0);
  CHECK(response.fault == HttpFault::closed);
  CHECK_THAT(response.error, Catch::EndsWith(" closed the connection without a whole answer"));
  CHECK(server.connections() == 1);
}

TEST_CASE("a request is not sent again once the head of an answer has come") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(200, "x"));
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  });
  HttpConnection connection(settings_for(server));
  CHECK(connection.perform(get()).ok());
  const HttpResponse response = connection.perform(get());
  CHECK(response.fault == HttpFault::closed);
  CHECK_THAT(response.error, Catch::EndsWith(" closed the connection without a whole answer"));
  CHECK(server.connections() == 1);
}

TEST_CASE("a redirect within the origin is followed, with method, body and token") {
  for (const char* location : {"/x", "//127.0.0.1:PORT/x", "http://127.0.0.1:PORT/x"}) {
    std::string to = location;
    RawServer* self = nullptr;
    RawServer server([&](Peer& peer, int) {
      if (const auto at = to.find("PORT"); at != std::string::npos) to.replace(at, 4, std::to_string(self->port()));
      peer.read_request();
      peer.write(answer(308, "moved", "Location: " + to + "\r\n"));
      echo(peer, 0);
    });
    self = &server;
    HttpConnection connection(settings_for(server));
    HttpRequest request = post("/x/", "{}");
    request.bearer_token = "t";
    const HttpResponse response = connection.perform(request);
    CHECK(response.status == 200);
    CHECK_THAT(response.body, Catch::StartsWith("POST /x HTTP/1.1"));
    CHECK_THAT(response.body, Catch::Contains("Bearer t") && Catch::EndsWith("{}"));
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("a redirect to another origin is not followed and the token does not go there") {
  RawServer other(echo);
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(308, "moved", "Location: " + other.url() + "/x\r\n"));
    peer.wait_closed();
  });
  HttpConnection connection(settings_for(server));
  const HttpResponse response = connection.perform(get("/x/"));
  CHECK(response.status == 308);
  CHECK(response.fault == HttpFault::redirect);
  CHECK_FALSE(response.error.empty());
  CHECK(other.connections() == 0);
}

TEST_CASE("a redirect whose location hides a line break is not followed") {
  std::atomic<bool> asked_again = false;
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(302, "", "Location: /x%20HTTP/1.1%0d%0aX-Evil: y\r\n"));  // httplib decodes it
    asked_again = !peer.read_request().empty();
  });
  HttpConnection connection(settings_for(server));
  CHECK(connection.perform(get()).status == 302);
  CHECK_FALSE(asked_again);
}

TEST_CASE("three redirects are followed and not a fourth") {
  std::atomic<int> requests = 0;
  RawServer server([&](Peer& peer, int) {
    while (!peer.read_request().empty()) {
      peer.write(answer(307, "", "Location: /" + std::to_string(++requests) + "\r\n"));
    }
  });
  HttpConnection connection(settings_for(server));
  const HttpResponse response = connection.perform(get());
  CHECK(response.status == 307);
  CHECK(response.fault == HttpFault::redirect);
  CHECK(requests == 4);
}

TEST_CASE("a POST is not turned into a GET by a redirect") {
  std::atomic<bool> asked_again = false;
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(303, "", "Location: /x\r\n"));
    asked_again = !peer.read_request().empty();
  });
  HttpConnection connection(settings_for(server));
  CHECK(connection.perform(post("/", "{}")).status == 303);
  CHECK_FALSE(asked_again);
}

TEST_CASE("a body can be had as it comes, with its length, and then it is kept nowhere else") {
  const std::string body(300'000, 'b');
  RawServer server([&](Peer& peer, int) {
    for (std::string asked; !(asked = peer.read_request()).empty();)
      peer.write(answer(asked.starts_with("GET /missing") ? 404 : 200, body));
  });
  HttpConnection connection(settings_for(server));
  std::string got;
  std::uint64_t told = 0;
  HttpRequest request = get("/file");
  request.on_body = [&](std::string_view bytes, std::uint64_t length) {
    got += bytes;
    told = length;
    return true;
  };
  HttpResponse response = connection.perform(request);
  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(got == body);
  CHECK(told == body.size());

  got.clear();
  request.path = "/missing";  // an error page is no file
  response = connection.perform(request);
  CHECK(response.status == 404);
  CHECK(got.empty());
  CHECK(response.body == body);

  request.path = "/file";
  request.max_response_bytes = body.size() - 1;
  CHECK(connection.perform(request).fault == HttpFault::too_large);
  request.max_response_bytes = body.size();
  request.on_body = [](std::string_view, std::uint64_t) { return false; };
  CHECK(connection.perform(request).fault == HttpFault::cancelled);
}

TEST_CASE("settings and paths that make no sense are answered, not tried") {
  RawServer server(echo);
  for (const char* url : {"", "cp.example", "file:///x", "http://user@127.0.0.1/"}) {
    HttpSettings settings;
    settings.base_url = url;
    CHECK(HttpConnection(settings).perform(get()).fault == HttpFault::request);
  }
  HttpConnection connection(settings_for(server));
  for (const char* path : {"x", "/a b", "/a\r\nX: y", "/\xc3\xa4"}) {
    CHECK(connection.perform(get(path)).fault == HttpFault::request);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a port where nobody listens, and a name that does not resolve, are told in words") {
  std::uint16_t port = 0;
  {
    const RawServer gone(echo);
    port = gone.port();
  }
  HttpSettings settings;
  settings.base_url = "http://127.0.0.1:" + std::to_string(port);
  const HttpResponse refused = HttpConnection(settings).perform(get());
  CHECK(refused.status == 0);
  CHECK(refused.fault == HttpFault::connect);
  CHECK(refused.error ==
        "cannot connect to 127.0.0.1:" + std::to_string(port) + ": connection refused or host unreachable");

  settings.base_url = "http://" + std::string(64, 'a') + ".localhost";
  const HttpResponse unknown = HttpConnection(settings).perform(get());
  CHECK(unknown.fault == HttpFault::resolve);
  CHECK_THAT(unknown.error, Catch::StartsWith("cannot resolve aaa"));
}

TEST_CASE("an empty path asks for the base URL itself, query included") {
  RawServer server(echo);
  HttpConnection connection(settings_for(server, "/metrics?a=b"));
  CHECK_THAT(connection.perform(get("")).body, Catch::StartsWith("GET /metrics?a=b HTTP/1.1\r\n"));
}

TEST_CASE("a path is sent as it is written") {
  RawServer server(echo);
  HttpConnection connection(settings_for(server));
  const std::string path = "/a+b%2Bc?d='e',f;g";
  CHECK_THAT(connection.perform(get(path)).body, Catch::StartsWith("GET " + path + " HTTP/1.1\r\n"));
}

TEST_CASE("a connection that has been kept for too long is closed before it is used") {
  RawServer server(echo);
  HttpConnection connection(settings_for(server));
  connection.close_if_idle_for(0ms);  // there is none yet
  CHECK(connection.perform(get()).ok());
  connection.close_if_idle_for(1h);
  CHECK(connection.perform(get()).ok());
  CHECK(server.connections() == 1);
  connection.close_if_idle_for(-1ms);
  CHECK(connection.perform(get()).ok());
  CHECK(server.connections() == 2);
}

}  // namespace vf::agent
