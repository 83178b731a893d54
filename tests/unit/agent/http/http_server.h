// httplib's server on loopback, run for the life of the object.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>
#include <thread>

namespace vf::agent::test {

/// `Server` is httplib::Server or httplib::SSLServer; `set_up` adds the handlers.
template <typename Server>
class Running {
 public:
  template <typename SetUp, typename... Args>
  explicit Running(SetUp set_up, const Args&... args) : server_(args...) {
    set_up(server_);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Running() {
    server_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  Server server_;
  int port_ = 0;
  std::jthread thread_;
};

}  // namespace vf::agent::test
