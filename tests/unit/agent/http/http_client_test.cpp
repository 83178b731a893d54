#include "agent/http/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <optional>
#include <thread>

#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::BlackHole;
using test::Peer;
using test::RawServer;
using Clock = std::chrono::steady_clock;

HttpSettings settings_for(std::uint16_t port) {
  HttpSettings settings;
  settings.base_url = "http://127.0.0.1:" + std::to_string(port);
  return settings;
}

HttpRequest get(const std::string& path, std::chrono::milliseconds deadline = 10s) {
  HttpRequest request;
  request.path = path;
  request.deadline = deadline;
  return request;
}

// Answers with the request's path; a path that begins with /stuck is never answered.
void serve(Peer& peer, int) {
  for (std::string request; !(request = peer.read_request()).empty();) {
    const std::string path = request.substr(4, request.find(' ', 4) - 4);
    if (path.starts_with("/stuck")) {
      peer.wait_closed();
      return;
    }
    peer.write(answer(200, path));
  }
}

// The loop, and what it was told, on which thread.
struct Fixture {
  std::function<void(HttpResponse)> note() {
    return [this](HttpResponse response) {
      CHECK(std::this_thread::get_id() == loop_thread);
      told.push_back(response.status != 0 ? response.body : response.error);
    };
  }

  // Runs the loop until so many answers were told.
  bool run_until(std::size_t count) {
    const auto until = Clock::now() + 10s;
    while (told.size() < count && Clock::now() < until) {
      loop.restart();
      loop.run_one_for(1s);
    }
    return told.size() >= count;
  }

  const std::thread::id loop_thread = std::this_thread::get_id();
  boost::asio::io_context loop;
  std::vector<std::string> told;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an answer comes on the loop, once, and not from within send()") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()));
  client.send(get("/a"), note());
  CHECK(told.empty());
  loop.run();  // ends: nothing is left to do
  CHECK(told == std::vector<std::string>{"/a"});
}

TEST_CASE_METHOD(Fixture, "requests sent back to back share one connection") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()));
  client.send(get("/poll"), [&](HttpResponse response) {
    told.push_back(response.body);
    client.send(get("/heartbeat"), [&](HttpResponse second) {
      told.push_back(second.body);
      client.send(get("/logs"), note());
    });
  });
  loop.run();
  CHECK(told == std::vector<std::string>{"/poll", "/heartbeat", "/logs"});
  CHECK(server.connections() == 1);
}

TEST_CASE_METHOD(Fixture, "while one request is stuck another goes on over a second connection") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()));
  client.send(get("/stuck"), note());
  client.send(get("/a"), note());
  REQUIRE(run_until(1));
  client.send(get("/b"), note());
  REQUIRE(run_until(2));
  CHECK(told == std::vector<std::string>{"/a", "/b"});
  // The stuck one's worker may come to its connection only now, on a busy machine.
  const auto deadline = Clock::now() + 60s;
  while (server.connections() < 2 && Clock::now() < deadline) loop.run_one_for(1ms);
  CHECK(server.connections() == 2);
}

TEST_CASE_METHOD(Fixture, "at most so many requests run at a time, the others wait their turn") {
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  RawServer server([&](Peer& peer, int) {
    while (!peer.read_request().empty()) {
      most = std::max<int>(most, ++at_once);
      peer.wait_closed(5ms);
      --at_once;
      peer.write(answer(200, "x"));
    }
  });
  HttpClient client(loop, settings_for(server.port()), 2);
  for (int i = 0; i < 10; ++i) client.send(get("/"), note());
  loop.run();
  CHECK(told.size() == 10);
  CHECK(most <= 2);
  CHECK(server.connections() <= 2);
}

TEST_CASE_METHOD(Fixture, "a deadline counts from send(), waiting for a worker included") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()), 1);
  client.send(get("/stuck", 300ms), note());
  client.send(get("/never-sent", 50ms), note());
  const auto begin = Clock::now();
  loop.run();
  CHECK(Clock::now() - begin < 5s);
  REQUIRE(told.size() == 2);
  for (const std::string& text : told)
    CHECK_THAT(text, Catch::Equals("no answer in time") || Catch::StartsWith("no whole answer from "));
}

TEST_CASE_METHOD(Fixture, "the loop tells the deadline in time while the worker is stuck, and is not held up") {
  BlackHole hole;
  HttpClient client(loop, settings_for(hole.port()), 1);
  const auto begin = Clock::now();
  client.send(get("/", 100ms), note());
  bool ticked = false;
  boost::asio::post(loop, [&] { ticked = true; });
  loop.run();
  CHECK(ticked);
  CHECK(Clock::now() - begin < 5s);
  CHECK(told.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a head that drips is ended at the deadline, and the worker is free for the next request") {
  RawServer server([](Peer& peer, int number) {
    if (number > 0) return serve(peer, number);
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\n");
    peer.drip("X: y\r\n", true);
  });
  HttpClient client(loop, settings_for(server.port()), 1);
  client.send(get("/drips", 100ms), note());
  client.send(get("/a"), note());
  loop.run();
  REQUIRE(told.size() == 2);
  // The worker's own words, with what was left of the 100 ms when it began; the loop's where the worker is late on a
  // busy machine.
  CHECK_THAT(told[0], Catch::Equals("no answer in time") ||
                          Catch::Matches("no whole answer from 127\\.0\\.0\\.1:[0-9]+ within (100|[1-9]?[0-9]) ms"));
  CHECK(told[1] == "/a");
}

TEST_CASE_METHOD(Fixture, "an answer that races with its deadline is told once, and disturbs no other request") {
  RawServer server([](Peer& peer, int) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      // The client's timer goes off 100 ms after the deadline, but the worker is ended by it too.
      if (request.starts_with("GET /late ")) peer.drip("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
      if (!request.starts_with("GET /late ")) peer.write(answer(200, "good"));
    }
  });
  HttpClient client(loop, settings_for(server.port()), 2);
  std::size_t sent = 0;
  for (int i = 0; i < 12; ++i) {
    client.send(get("/late", std::chrono::milliseconds(30 + 2 * i)), [&](HttpResponse) { ++sent; });
    client.send(get("/good"), note());
    loop.restart();
    loop.run();
  }
  CHECK(sent == 12);
  CHECK(told == std::vector<std::string>(12, "good"));
}

TEST_CASE_METHOD(Fixture, "after cancel_all() nothing is told, the loop ends, and nothing more is sent") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()), 1);
  for (int i = 0; i < 3; ++i) client.send(get("/stuck", 1h), note());
  const auto begin = Clock::now();
  client.cancel_all();
  client.send(get("/a"), note());
  loop.run();
  CHECK(told.empty());
  CHECK(Clock::now() - begin < 5s);
}

TEST_CASE_METHOD(Fixture, "an answer that races with cancel_all() is told at most once, and never after it") {
  RawServer server(serve);
  for (int i = 0; i < 50; ++i) {
    told.clear();
    HttpClient client(loop, settings_for(server.port()));
    client.send(get("/a"), note());
    std::this_thread::sleep_for(std::chrono::microseconds(50 * i));
    if (i % 2 == 0) loop.poll();
    const auto before = told.size();
    client.cancel_all();
    loop.restart();
    loop.run();
    CHECK(told.size() == before);
    CHECK(before <= 1);
  }
}

TEST_CASE_METHOD(Fixture, "the client's end waits for no server, at whatever moment it comes") {
  RawServer server(serve);
  BlackHole hole;
  for (const std::uint16_t port : {server.port(), hole.port()}) {
    for (int i = 0; i < 20; ++i) {
      std::optional<HttpClient> client(std::in_place, loop, settings_for(port));
      for (int j = 0; j < 5; ++j) client->send(get("/stuck", 1h), note());
      std::this_thread::sleep_for(std::chrono::microseconds(20 * i));
      const auto begin = Clock::now();
      client.reset();
      CHECK(Clock::now() - begin < 3s);
      loop.restart();
      loop.run();
    }
  }
  CHECK(told.empty());
}

TEST_CASE_METHOD(Fixture, "a client may be destroyed from within an answer") {
  RawServer server(serve);
  std::optional<HttpClient> client(std::in_place, loop, settings_for(server.port()));
  client->send(get("/stuck", 1h), note());
  client->send(get("/a"), [&](HttpResponse) { client.reset(); });
  loop.run();
  CHECK(told.empty());
  CHECK_FALSE(client);
}

}  // namespace vf::agent
