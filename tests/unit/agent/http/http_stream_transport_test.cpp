#include "agent/http/http_stream_transport.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "push/push_channel.h"
#include "raw_server.h"

namespace vf::agent {
namespace {

using namespace std::chrono_literals;
using test::answer;
using test::Peer;
using test::RawServer;
using Clock = std::chrono::steady_clock;

constexpr auto event_stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n";

struct Sink : push::StreamSink {
  void on_open() override {
    opened = true;
    if (on_opened) on_opened();
  }
  bool on_bytes(std::string_view some) override {
    bytes += some;
    return bytes.size() < enough;
  }
  bool opened = false;
  std::string bytes;
  std::size_t enough = std::string::npos;
  std::function<void()> on_opened;
};

push::StreamRequest request_to(const RawServer& server, std::chrono::milliseconds silence = 10s) {
  return {server.url() + "/api/agent/push?x=1", "token", silence};
}

}  // namespace

TEST_CASE("a stream brings its bytes as they come, chunked or not, and ends with the server") {
  const bool chunked = GENERATE(false, true);
  std::string seen;
  RawServer server([&](Peer& peer, int) {
    seen = peer.read_request();
    peer.write(std::string(event_stream) + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n"));
    for (int i = 0; i < 3; ++i) peer.write(chunked ? "3\r\n: k\r\n" : ": k");
    if (chunked) peer.write("0\r\n\r\n");
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  const auto end = transport->open(request_to(server), sink);
  CHECK(sink.opened);
  CHECK(sink.bytes == ": k: k: k");
  CHECK(end.status == 200);
  CHECK(end.reason == "the server ended the stream");
  CHECK_THAT(seen, Catch::StartsWith("GET /api/agent/push?x=1 HTTP/1.1\r\n"));
  CHECK_THAT(seen, Catch::Contains("\r\nAuthorization: Bearer token\r\n"));
  CHECK_THAT(seen, Catch::Contains("\r\nAccept-Encoding: identity\r\n"));
}

TEST_CASE("a byte is told before the next one is sent") {
  std::promise<void> heard;
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(std::string(event_stream) + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    heard.get_future().wait();
  });
  struct Hears : Sink {
    bool on_bytes(std::string_view some) override {
      promise->set_value();
      return Sink::on_bytes(some);
    }
    std::promise<void>* promise = nullptr;
  } sink;
  sink.promise = &heard;
  const auto transport = make_stream_transport({});
  CHECK(transport->open(request_to(server), sink).status == 200);
  CHECK(sink.bytes == "a");
}

TEST_CASE("a stream that falls silent is ended after the silence it was given") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(std::string(event_stream) + "\r\n: connected\n\n");
    peer.drip(": keepalive\n\n");  // each byte a sign of life
    peer.wait_closed();
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  const auto begin = Clock::now();
  const auto end = transport->open(request_to(server, 200ms), sink);
  CHECK(Clock::now() - begin < 5s);
  CHECK(end.status == 200);
  CHECK_THAT(end.reason, Catch::StartsWith("nothing was heard for 2"));
  CHECK(end.lived >= 200ms);
  CHECK(sink.bytes == ": connected\n\n: keepalive\n\n");
}

TEST_CASE("a server that does not even answer is ended after the silence too") {
  RawServer server([](Peer& peer, int) { peer.wait_closed(); });
  const auto transport = make_stream_transport({});
  Sink sink;
  const auto end = transport->open(request_to(server, 30ms), sink);
  CHECK(end.status == 0);
  CHECK(end.lived == 0ms);
  CHECK_FALSE(sink.opened);
}

TEST_CASE("what is no 200 ends with its head, and tells status and Retry-After") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write("HTTP/1.1 503 X\r\nRetry-After: 86400\r\nContent-Type: text/event-stream\r\n\r\n: and then nothing");
    peer.wait_closed();
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  const auto end = transport->open(request_to(server), sink);
  CHECK(end.status == 503);
  CHECK(end.retry_after == 86400s);
  CHECK(end.reason == "the server answered 503");
  CHECK_FALSE(sink.opened);
  CHECK(sink.bytes.empty());
}

TEST_CASE("a 200 that is no event stream is not taken for one") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(answer(200, "<html>please log in", "Content-Type: text/html\r\n"));
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  const auto end = transport->open(request_to(server), sink);
  CHECK(end.reason == "the answer is no event stream but 'text/html'");
  CHECK_FALSE(sink.opened);
}

TEST_CASE("a redirect within the origin is followed to the stream, one beyond it is not") {
  std::string followed;
  RawServer server([&](Peer& peer, int) {
    const std::string request = peer.read_request();
    if (request.starts_with("GET /api")) peer.write(answer(308, "", "Location: /moved\r\n"));
    if (request.starts_with("GET /evil")) peer.write(answer(308, "", "Location: http://127.0.0.2/\r\n"));
    if (!request.starts_with("GET /moved")) return;
    followed = request;
    peer.write(std::string(event_stream) + "\r\n: hello");
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  CHECK(transport->open(request_to(server), sink).status == 200);
  CHECK(sink.bytes == ": hello");
  CHECK_THAT(followed, Catch::StartsWith("GET /moved "));
  const auto end = transport->open({server.url() + "/evil", "token", 10s}, sink);
  CHECK(end.status == 308);
  CHECK_THAT(end.reason, Catch::Contains("redirects are followed within the server only"));
}

TEST_CASE("the sink can end the stream") {
  std::promise<bool> closed;
  RawServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.write(std::string(event_stream) + "\r\nabc");
    closed.set_value(peer.wait_closed());
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  sink.enough = 3;
  CHECK(transport->open(request_to(server), sink).reason == "we ended it");
  CHECK(closed.get_future().get());
}

TEST_CASE("cancel() ends a stream blocked in reading, and every later one before it begins") {
  RawServer server([](Peer& peer, int) {
    peer.read_request();
    peer.write(std::string(event_stream) + "\r\n: connected\n\n");
    peer.wait_closed();
  });
  const auto transport = make_stream_transport({});
  Sink sink;
  std::promise<void> opened;
  sink.on_opened = [&] { opened.set_value(); };
  std::jthread cancels([&] {
    opened.get_future().wait();
    transport->cancel();
  });
  const auto begin = Clock::now();
  const auto end = transport->open(request_to(server, 1h), sink);
  CHECK(Clock::now() - begin < 5s);
  CHECK_THAT(end.reason, Catch::EndsWith("cancelled"));
  Sink later;
  CHECK(transport->open(request_to(server, 1h), later).reason == "cancelled");
  CHECK(server.connections() == 1);
}

TEST_CASE("the push channel over HTTP hears a server's events, reconnects when it goes, and stops at once") {
  RawServer server([](Peer& peer, int number) {
    if (peer.read_request().empty()) return;
    peer.write(std::string(event_stream) + "Transfer-Encoding: chunked\r\n\r\n");
    const std::string event =
        "data: {\"type\":\"config_changed\",\"pipelineId\":\"" + std::to_string(number) + "\"}\n\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", event.size());
    peer.write(size + event + "\r\n");
    if (number > 0) peer.wait_closed();
  });
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> posted;
  std::vector<std::string> heard;
  push::PushCallbacks callbacks;
  callbacks.connected = [&] { heard.emplace_back("connected"); };
  callbacks.disconnected = [&](const push::Disconnected& end) { heard.push_back(end.reason); };
  callbacks.message = [&](const push::PushMessage& message) {
    heard.push_back(std::get<push::ConfigChanged>(message).pipeline_id);
  };
  push::ReconnectTimes times;
  times.first_wait = 1ms;
  push::PushChannel channel(
      {server.url(), "", "token"}, make_stream_transport({}),
      [&](std::function<void()> run) {
        const std::lock_guard lock(mutex);
        posted.push_back(std::move(run));
        changed.notify_all();
      },
      callbacks, times);
  channel.start();
  while (heard.size() < 5) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, 10s, [&] { return !posted.empty(); }));
    const auto run = std::move(posted.front());
    posted.pop_front();
    lock.unlock();
    run();
  }
  CHECK(heard == std::vector<std::string>{"connected", "0", "the stream was cut off: the server closed the connection",
                                          "connected", "1"});
  const auto begin = Clock::now();
  channel.stop();
  CHECK(Clock::now() - begin < 5s);
}

}  // namespace vf::agent
