// Streams of the local server: what a viewer who does not read, goes or is quiet costs.
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "agent/local/local_client.h"
#include "agent/local/local_server.h"
#include "agent/local/socket_path.h"
#include "supervisor/process/unique_descriptor.h"
#include "tests/unit/supervisor/temp_folder.h"

namespace vf::agent {
namespace {

using namespace supervisor::test;
using std::chrono::milliseconds;

/// What the streams of one server have done. On the loop but for the atomics.
struct Seen {
  std::atomic<int> alive{0};
  std::atomic<std::size_t> read{0};
};

/// Gives lines for as long as it is asked (`endless`), or three and an end, or nothing.
struct Lines final : LineStream {
  Lines(Seen& to, std::string of) : seen(to), kind(std::move(of)) { ++seen.alive; }
  ~Lines() override { --seen.alive; }
  void start(std::function<void()> wake) override { wake_ = std::move(wake); }
  bool read(std::string& into, std::size_t room) override {
    if (kind == "quiet") return true;
    const std::string line = kind == "endless" ? std::string(1023, 'x') + "\n" : "line\n";
    const std::size_t begin = into.size();
    for (int i = 0; kind == "endless" ? into.size() - begin < room : i < 3; ++i) into += line;
    seen.read += into.size() - begin;
    return kind == "endless";
  }
  Seen& seen;
  const std::string kind;
  std::function<void()> wake_;
};

struct Served {
  explicit Served(const LocalLimits& limits) {
    auto started = LocalServer::start(
        loop, folder.path(),
        [this](const LocalRequest& asked, const Respond& respond) {
          if (asked.segments.empty()) return respond(LocalAnswer{200, "text/plain", "plain"});
          if (asked.segments[0] == "never") return;
          respond(stream_answer(std::make_unique<Lines>(seen, asked.segments[0])));
        },
        limits);
    REQUIRE(started);
    server = std::move(started).value();
    thread = std::jthread([this] { loop.run(); });
  }
  ~Served() {
    boost::asio::post(loop, [this] {
      server.reset();
      loop.stop();
    });
    thread.join();
    CHECK(seen.alive == 0);
  }

  [[nodiscard]] supervisor::UniqueDescriptor ask(const std::string& target, const char* version = "1.1") const {
    const auto path = socket_path(folder.path());
    REQUIRE(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.value().name.copy(address.sun_path, sizeof address.sun_path - 1);
    supervisor::UniqueDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const std::string text = "GET " + target + " HTTP/" + version + "\r\nHost: x\r\n\r\n";
    REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    return socket;
  }
  [[nodiscard]] bool becomes(const std::function<bool()>& true_now) const {
    for (int i = 0; i < 1000 && !true_now(); ++i) std::this_thread::sleep_for(milliseconds(5));
    return true_now();
  }

  const TempFolder folder;
  Seen seen;
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  std::unique_ptr<LocalServer> server;
  std::jthread thread;
};

std::string all_of(const supervisor::UniqueDescriptor& socket) {
  std::string text;
  char bytes[4096];
  for (ssize_t got = 1; (got = ::recv(socket.get(), bytes, sizeof bytes, 0)) > 0;)
    text.append(bytes, static_cast<std::size_t>(got));
  return text;
}

}  // namespace

TEST_CASE("a stream that ends is whole, in chunks or until the connection's end") {
  const Served served({});
  CHECK(ask_agent(served.folder.path(), "/three").value().body == "line\nline\nline\n");
  const std::string old = all_of(served.ask("/three", "1.0"));
  CHECK(old.ends_with("\r\n\r\nline\nline\nline\n"));
  CHECK(old.find("chunked") == std::string::npos);
}

TEST_CASE("a viewer who does not read holds what is on its way, nothing more, and is dropped in the end") {
  LocalLimits limits;
  limits.stuck_viewer = milliseconds(300);
  const Served served(limits);
  const auto stuck = served.ask("/endless");
  CHECK(served.becomes([&] { return served.seen.read > 0; }));
  CHECK(served.becomes([&] { return served.seen.alive == 0; }));
  CHECK(served.seen.read < (2U << 20));  // the socket's buffers and one batch
}

TEST_CASE("a viewer that goes is noticed though nothing is sent to it") {
  const Served served({});
  auto viewer = served.ask("/quiet");
  CHECK(served.becomes([&] { return served.seen.alive == 1; }));
  viewer.reset();
  CHECK(served.becomes([&] { return served.seen.alive == 0; }));
}

TEST_CASE("a quiet stream says that it is alive with blank lines") {
  LocalLimits limits;
  limits.quiet = milliseconds(20);
  const Served served(limits);
  const auto viewer = served.ask("/quiet");
  std::string text;
  char bytes[256];
  while (text.find("\r\n1\r\n\n\r\n1\r\n\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(viewer.get(), bytes, sizeof bytes, 0);
    REQUIRE(got > 0);
    text.append(bytes, static_cast<std::size_t>(got));
  }
}

TEST_CASE("viewers have a number of places, and others are answered all the same") {
  LocalLimits limits;
  limits.viewers = 3;
  const Served served(limits);
  std::vector<supervisor::UniqueDescriptor> viewers;
  for (int i = 0; i < 3; ++i) viewers.push_back(served.ask("/quiet"));
  CHECK(served.becomes([&] { return served.seen.alive == 3; }));
  CHECK(ask_agent(served.folder.path(), "/quiet").value().status == 503);
  CHECK(ask_agent(served.folder.path(), "/").value().body == "plain");
  viewers.pop_back();
  CHECK(served.becomes([&] { return served.seen.alive == 2; }));
  viewers.push_back(served.ask("/quiet"));
  CHECK(served.becomes([&] { return served.seen.alive == 3; }));
}

TEST_CASE("who comes when all places are taken waits for one and is answered then") {
  LocalLimits limits;
  limits.clients = 3;
  limits.request = milliseconds(300);
  const Served served(limits);
  const auto one = served.ask("/quiet"), other = served.ask("/quiet");
  CHECK(served.becomes([&] { return served.seen.alive == 2; }));
  const auto silent = served.ask("/ HTTP/1.1\r\nX: y\r\nContent-Length: 5\r\nY:");  // until it is dropped
  for (int i = 0; i < 3; ++i) {
    const auto reply = ask_agent(served.folder.path(), "/");
    REQUIRE(reply);
    CHECK(reply.value().body == "plain");
  }
}

TEST_CASE("a client that says too little, or whom nobody answers, is dropped") {
  LocalLimits limits;
  limits.request = limits.handler = milliseconds(100);
  const Served served(limits);
  CHECK(all_of(served.ask("/never")).empty());
  CHECK(all_of(served.ask("/ HTTP/1.1\r\nX: y\r\nContent-Length: 5\r\nY:")).empty());
}

TEST_CASE("what is no HTTP is answered as such") {
  const Served served({});
  CHECK(all_of(served.ask("/ x y z")).starts_with("HTTP/1.1 400 "));
}

}  // namespace vf::agent
