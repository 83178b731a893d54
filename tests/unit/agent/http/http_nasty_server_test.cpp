// Servers that misbehave: every call still ends, in time, within its memory, and says what was wrong.
#include <catch2/catch.hpp>
#include <future>

#include <thread>

#include "agent/http/http_connection.h"
#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::BlackHole;
using test::Peer;
using test::RawServer;
using Clock = std::chrono::steady_clock;

HttpSettings settings_for(std::uint16_t port, const std::string& scheme = "http") {
  HttpSettings settings;
  settings.base_url = scheme + "://127.0.0.1:" + std::to_string(port);
  return settings;
}

HttpRequest get_within(std::chrono::milliseconds deadline) {
  HttpRequest request;
  request.path = "/";
  request.deadline = deadline;
  return request;
}

// Asks such a server once; it has what the request allows of time, and not more than a moment on top.
HttpResponse ask(const RawServer::Script& script, const HttpRequest& request = get_within(10s)) {
  RawServer server(script);
  HttpConnection connection(settings_for(server.port()));
  const auto begin = Clock::now();
  HttpResponse response = connection.perform(request);
  CHECK(Clock::now() - begin < request.deadline + 5s);
  CHECK(response.status == 0);
  return response;
}

RawServer::Script says(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer, int) {
    peer.read_request();
    peer.write(bytes);
    peer.wait_closed();
  };
}

RawServer::Script says_and_closes(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer, int) {
    peer.read_request();
    peer.write(bytes);
  };
}

}  // namespace

TEST_CASE("a server that never answers is given up at the deadline") {
  const HttpResponse response = ask([](Peer& peer, int) { peer.wait_closed(); }, get_within(50ms));
  CHECK(response.fault == HttpFault::timeout);
  CHECK_THAT(response.error, Catch::StartsWith("no whole answer from ") && Catch::EndsWith(" within 50 ms"));
}

TEST_CASE("a server that drips its body is given up at the deadline") {
  const HttpResponse response = ask(
      [](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\n");
        peer.drip("x", true);
      },
      get_within(100ms));
  CHECK(response.fault == HttpFault::timeout);
}

TEST_CASE("a server that drips its head is given up at the deadline") {
  const HttpResponse response = ask(
      [](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n");
        peer.drip("X: y\r\n", true);
      },
      get_within(100ms));
  CHECK(response.fault == HttpFault::timeout);
}

TEST_CASE("a first line, a header or a head as long as the server likes is cut short") {
  const std::string end = "\r\n\r\n";
  std::string many = "HTTP/1.1 200 OK\r\n";
  while (many.size() < (80U << 10)) many += "X-Many: " + std::string(100, 'x') + "\r\n";
  std::string interim;
  while (interim.size() < (80U << 10)) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  for (const std::string& head :
       {"HTTP/1.1 200 " + std::string(1U << 20, 'x') + end, "HTTP/1.1 200 OK\r\nX: " + std::string(1U << 20, 'x') + end,
        std::string(1U << 20, 'x'), many + end, interim}) {
    CAPTURE(head.substr(0, 40));
    const HttpResponse response = ask(says(head));
    CHECK(response.fault == HttpFault::protocol);
    CHECK_THAT(response.error, Catch::Contains("no head that HTTP knows") && Catch::Contains("over 8 KiB"));
  }
}

TEST_CASE("a head of some size is read, a first line of 8 KiB too") {
  std::string many = "HTTP/1.1 200 " + std::string(8000, 'x') + "\r\n";
  while (many.size() < (60U << 10)) many += "X-Many: " + std::string(100, 'x') + "\r\n";
  RawServer server(says(many + "Content-Length: 1\r\n\r\nx"));
  CHECK(HttpConnection(settings_for(server.port())).perform(get_within(10s)).body == "x");
}

TEST_CASE("a chunk's size of any length is cut short, a body of many small chunks is not") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(ask(says(chunked + "1;" + std::string(1U << 20, 'x'))).fault == HttpFault::protocol);
  std::string small;
  for (int i = 0; i < 20000; ++i) small += "1\r\nx\r\n";
  RawServer server(says(chunked + small + "0\r\n\r\n"));
  CHECK(HttpConnection(settings_for(server.port())).perform(get_within(10s)).body == std::string(20000, 'x'));
}

TEST_CASE("a server that never stops sending is given up at the deadline") {
  HttpRequest request = get_within(100ms);
  request.max_response_bytes = std::size_t{1} << 40;
  const HttpResponse response = ask(
      [](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\n");
        while (peer.write("xxxxxxxxxxxxxxxx")) {
        }
      },
      request);
  CHECK(response.fault == HttpFault::timeout);
}

TEST_CASE("a server that does not take the request is given up at the deadline") {
  HttpRequest request = get_within(100ms);
  request.method = HttpMethod::post;
  request.body = std::string(32 << 20, 'x');
  std::promise<void> done;
  RawServer server([&](Peer&, int) { done.get_future().wait(); });
  HttpConnection connection(settings_for(server.port()));
  CHECK(connection.perform(request).fault == HttpFault::timeout);
  done.set_value();
}

TEST_CASE("a server that cannot be connected to is given up at the connect timeout") {
  BlackHole hole;
  HttpRequest request = get_within(10s);
  request.connect_timeout = 50ms;
  const auto begin = Clock::now();
  const HttpResponse response = HttpConnection(settings_for(hole.port())).perform(request);
  CHECK(Clock::now() - begin < 5s);
  CHECK(response.fault == HttpFault::timeout);
  CHECK(response.error == "cannot connect to 127.0.0.1:" + std::to_string(hole.port()) + ": no answer within 50 ms");
}

TEST_CASE("a TLS handshake in which the server falls silent is given up at the connect timeout") {
  RawServer server([&](Peer& peer, int) { peer.wait_closed(); });
  HttpRequest request = get_within(10s);
  request.connect_timeout = 50ms;
  const auto begin = Clock::now();
  const HttpResponse response = HttpConnection(settings_for(server.port(), "https")).perform(request);
  CHECK(Clock::now() - begin < 5s);
  CHECK(response.fault == HttpFault::timeout);
  CHECK_THAT(response.error,
             Catch::StartsWith("no TLS with 127.0.0.1:") && Catch::EndsWith(": no answer within 50 ms"));
}

TEST_CASE("cancel() ends whatever the call is blocked in, and every later call") {
  const auto cancelled_in = [](const HttpSettings& settings, const std::function<void()>& wait_until_blocked) {
    HttpConnection connection(settings);
    std::jthread cancels([&] {
      wait_until_blocked();
      connection.cancel();
    });
    const auto begin = Clock::now();
    const HttpResponse response = connection.perform(get_within(1h));
    CHECK(Clock::now() - begin < 5s);
    CHECK(response.status == 0);
    CHECK(response.fault == HttpFault::cancelled);
    CHECK(connection.perform(get_within(1h)).fault == HttpFault::cancelled);
    CHECK(connection.perform(get_within(1h)).fault == HttpFault::cancelled);
  };
  SECTION("waiting for the answer") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_request();
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    cancelled_in(settings_for(server.port()), [&] { asked.get_future().wait(); });
  }
  SECTION("in the middle of the body") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx");
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    cancelled_in(settings_for(server.port()), [&] { asked.get_future().wait(); });
  }
  SECTION("in the TLS handshake") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_some();
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    cancelled_in(settings_for(server.port(), "https"), [&] { asked.get_future().wait(); });
  }
  SECTION("in a body without a length, which looks whole when it is cut off") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\n\r\nx");
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    cancelled_in(settings_for(server.port()), [&] { asked.get_future().wait(); });
  }
  SECTION("reading a head that drips") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\n");
      if (number == 0) asked.set_value();
      peer.drip("X: y\r\n", true);
    });
    cancelled_in(settings_for(server.port()), [&] { asked.get_future().wait(); });
  }
  SECTION("sending what the server does not take") {
    std::promise<void> asked;
    RawServer server([&](Peer& peer, int number) {
      peer.read_head();
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    cancelled_in(settings_for(server.port()), [&] { asked.get_future().wait(); });
  }
  SECTION("waiting for the proxy") {
    std::promise<void> asked;
    RawServer proxy([&](Peer& peer, int number) {
      peer.read_head();
      if (number == 0) asked.set_value();
      peer.wait_closed();
    });
    HttpSettings settings;
    settings.base_url = "https://cp.test";
    settings.https_proxy = proxy.url();
    cancelled_in(settings, [&] { asked.get_future().wait(); });
  }
  SECTION("connecting, at any moment of it") {
    for (const auto after : {0us, 20us, 100us, 1000us, 20000us}) {
      BlackHole hole;
      cancelled_in(settings_for(hole.port()), [&] { std::this_thread::sleep_for(after); });
    }
  }
  SECTION("over a kept connection, at any moment of it") {
    RawServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(answer(200, "x"));
      peer.wait_closed();
    });
    for (const auto after : {0us, 20us, 50us, 100us, 1000us}) {
      HttpConnection connection(settings_for(server.port()));
      REQUIRE(connection.perform(get_within(10s)).ok());
      std::jthread cancels([&] {
        std::this_thread::sleep_for(after);
        connection.cancel();
      });
      CHECK(connection.perform(get_within(1h)).fault == HttpFault::cancelled);
    }
    CHECK(server.connections() == 5);
  }
}

TEST_CASE("a body that is cut off is no answer") {
  for (const char* cut : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc"}) {
    CAPTURE(cut);
    const HttpResponse response = ask(says_and_closes(cut));
    CHECK(response.fault == HttpFault::closed);
    CHECK_THAT(response.error, Catch::EndsWith(" closed the connection without a whole answer"));
    CHECK(response.body.empty());
  }
}

TEST_CASE("a chunked body whose chunk sizes are garbled is no answer") {
  for (const char* garbled : {"x\r\nabc\r\n", "\r\n\r\n", "ffffffffffffffffff\r\nabc\r\n"}) {
    CAPTURE(garbled);
    const HttpResponse response =
        ask(says(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + garbled), get_within(2s));
    CHECK(response.fault != HttpFault::none);
  }
}

TEST_CASE("an answer beyond the limit is refused, announced or not") {
  HttpRequest request = get_within(10s);
  request.max_response_bytes = 1000;
  for (const std::string& head : {std::string("Content-Length: 1001\r\n\r\n"), std::string("\r\n")}) {
    const HttpResponse response = ask(says("HTTP/1.1 200 OK\r\n" + head + std::string(1001, 'x')), request);
    CHECK(response.fault == HttpFault::too_large);
    CHECK_THAT(response.error, Catch::EndsWith(" is beyond 1000 bytes"));
    CHECK(response.body.empty());
  }
  RawServer server(says(answer(200, std::string(1000, 'x'))));
  CHECK(HttpConnection(settings_for(server.port())).perform(request).body.size() == 1000);
}

TEST_CASE("bytes after the answer are not taken for the next one") {
  const bool later = GENERATE(false, true);
  std::atomic<int> written = 0;  // late ones
  RawServer server([&](Peer& peer, int) {
    while (!peer.read_request().empty()) {
      peer.write(answer(200, "right") + (later ? "" : answer(200, "wrong")));
      if (later) peer.wait_closed(10ms);
      if (later) peer.write(answer(200, "wrong"));
      ++written;
    }
  });
  HttpConnection connection(settings_for(server.port()));
  for (int i = 0; i < 3; ++i) {
    CHECK(connection.perform(get_within(10s)).body == "right");
    while (written <= i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);  // on its way
  }
}

TEST_CASE("a reset is told as such") {
  const HttpResponse response = ask([](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.reset();
  });
  CHECK(response.fault == HttpFault::closed);
  CHECK_THAT(response.error, Catch::Contains("closed the connection"));
}

TEST_CASE("what is no HTTP is no answer") {
  for (const std::string& garbage : {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("HTTP/2 200\r\n\r\n"),
                                     std::string("\x15\x03\x01\x00\x02\x02\x0a", 7), std::string("\r\n")}) {
    CAPTURE(garbage);
    CHECK(ask(says_and_closes(garbage)).fault == HttpFault::closed);
  }
}

}  // namespace vf::agent
