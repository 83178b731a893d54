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
  HttpClient::Done note() {
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
  CHECK(client.pending() == 1);
  loop.run();  // ends: nothing is left to do
  CHECK(told == std::vector<std::string>{"/a"});
  CHECK(client.pending() == 0);
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
  CHECK(server.connections() == 2);
  CHECK(client.pending() == 1);
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
  for (const std::string& text : told) CHECK_THAT(text, Catch::EndsWith("the time was up"));
}

TEST_CASE_METHOD(Fixture, "cancel_all() answers every request, those that wait included, and the client goes on") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()), 1);
  for (int i = 0; i < 3; ++i) client.send(get("/stuck", 1h), note());
  client.cancel_all();
  CHECK(told.empty());
  CHECK(client.pending() == 0);
  client.send(get("/a"), note());
  loop.run();
  CHECK(told == std::vector<std::string>{"cancelled", "cancelled", "cancelled", "/a"});
}

TEST_CASE_METHOD(Fixture, "an answer that races with cancel_all() is told once") {
  RawServer server(serve);
  HttpClient client(loop, settings_for(server.port()));
  for (int i = 0; i < 50; ++i) {
    client.send(get("/a"), note());
    if (i % 2 == 0) loop.poll();
    client.cancel_all();
    loop.restart();
    loop.run();
    CHECK(told.size() == static_cast<std::size_t>(i) + 1);
  }
}

TEST_CASE_METHOD(Fixture, "after stop() the loop ends, and what is sent is answered as cancelled") {
  BlackHole hole;
  HttpClient client(loop, settings_for(hole.port()));
  client.send(get("/", 1h), note());
  client.stop();
  client.send(get("/", 1h), note());
  CHECK(told.empty());
  loop.run();
  CHECK(told == std::vector<std::string>{"cancelled", "cancelled"});
}

TEST_CASE_METHOD(Fixture, "the client's end waits for no server, and its answers still come") {
  RawServer server(serve);
  std::optional<HttpClient> client(std::in_place, loop, settings_for(server.port()));
  for (int i = 0; i < 5; ++i) client->send(get("/stuck", 1h), note());
  const auto begin = Clock::now();
  client.reset();
  CHECK(Clock::now() - begin < 5s);
  loop.run();
  CHECK(told == std::vector<std::string>(5, "cancelled"));
}

TEST_CASE_METHOD(Fixture, "a client may be destroyed from within an answer") {
  RawServer server(serve);
  std::optional<HttpClient> client(std::in_place, loop, settings_for(server.port()));
  client->send(get("/stuck", 1h), note());
  client->send(get("/a"), [&](HttpResponse) { client.reset(); });
  loop.run();
  CHECK(told == std::vector<std::string>{"cancelled"});
}

}  // namespace vf::agent
