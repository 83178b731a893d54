#include "agent/local/local_server.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "agent/local/local_client.h"
#include "agent/local/socket_path.h"
#include "supervisor/process/unique_descriptor.h"
#include "tests/unit/supervisor/temp_folder.h"

namespace vf::agent {
namespace {

using namespace supervisor::test;

/// A server on a loop of its own thread; it echoes what it was asked.
struct Served {
  explicit Served(const std::string& folder) {
    auto started = LocalServer::start(loop, folder, [](const LocalRequest& asked, const Respond& respond) {
      std::string text = asked.method + " " + asked.path;
      for (const auto& [name, value] : asked.query) text += " " + name + "=" + value;
      respond(LocalAnswer{asked.path == "/missing" ? 404U : 200U, "text/plain", text});
    });
    REQUIRE(started);
    server = std::move(started).value();
    thread = std::jthread([this] { loop.run(); });
  }
  ~Served() {
    boost::asio::post(loop, [this] {
      server.reset();
      loop.stop();
    });
  }
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  std::unique_ptr<LocalServer> server;
  std::jthread thread;
};

supervisor::UniqueDescriptor connect_to(const std::string& folder) {
  const auto path = socket_path(folder);
  REQUIRE(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.value().name.copy(address.sun_path, sizeof address.sun_path - 1);
  supervisor::UniqueDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

}  // namespace

TEST_CASE("the socket answers whoever may open it, which is its owner") {
  const TempFolder folder;
  const Served served(folder.path());
  CHECK(mode_of(folder / "agent.sock") == 0600);
  const auto reply = ask_agent(folder.path(), "/status?a=1&b=two%20words");
  REQUIRE(reply);
  CHECK(reply.value().status == 200);
  CHECK(reply.value().body == "GET /status a=1 b=two words");
  CHECK(ask_agent(folder.path(), "/missing").value().status == 404);
}

TEST_CASE("a folder's name may be longer than a socket's") {
  const TempFolder folder;
  const std::string deep = folder / std::string(120, 'd') + "/" + std::string(120, 'e');
  std::filesystem::create_directories(deep);
  const Served served(deep);
  CHECK(ask_agent(deep, "/").value().status == 200);
}

TEST_CASE("a socket that an earlier agent left is replaced, and one's own goes with the server") {
  const TempFolder folder;
  put(folder / "agent.sock", "left");
  {
    const Served served(folder.path());
    CHECK(ask_agent(folder.path(), "/").value().status == 200);
  }
  CHECK_FALSE(is_there(folder / "agent.sock"));
  const auto none = ask_agent(folder.path(), "/");
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().message(), Catch::Contains("none runs there"));
}

TEST_CASE("clients that say nothing, or nonsense, keep nobody from being answered") {
  const TempFolder folder;
  const Served served(folder.path());
  std::vector<supervisor::UniqueDescriptor> silent;
  for (std::size_t i = 0; i + 2 < LocalLimits().clients; ++i) silent.push_back(connect_to(folder.path()));
  const auto rude = connect_to(folder.path());
  const std::string nonsense(100'000, '\xFF');
  (void)::send(rude.get(), nonsense.data(), nonsense.size(), MSG_NOSIGNAL);
  for (int i = 0; i < 5; ++i) CHECK(ask_agent(folder.path(), "/").value().status == 200);
}

TEST_CASE("a target is taken apart, and what is no encoding stays as it is") {
  const LocalRequest full = read_target("GET", "/a%2Fb?x=1&y=&z&x=2&%41=+%42&&=v");
  CHECK(full.path == "/a/b");
  CHECK(full.segments == std::vector<std::string>{"a/b"});
  CHECK(read_target("GET", "//pipelines/a+b%20c/logs/").segments ==
        std::vector<std::string>{"pipelines", "a+b c", "logs"});
  CHECK(full.query == std::map<std::string, std::string>{{"x", "2"}, {"y", ""}, {"z", ""}, {"A", " B"}, {"", "v"}});
  CHECK(read_target("GET", "").path.empty());
  CHECK(read_target("GET", "/?").query.empty());
  CHECK(decode_query("100%") == "100%");
  CHECK(decode_query("%4") == "%4");
  CHECK(decode_query("%zz%41") == "%zzA");
}

}  // namespace vf::agent
