#include "agent/local/local_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "agent/local/socket_path.h"

namespace vf::agent {
namespace {

using Protocol = boost::asio::generic::stream_protocol;
using Unix = boost::asio::local::stream_protocol;
using Tcp = boost::asio::ip::tcp;

// Without a descriptor to spare accept() fails at once, again and again.
constexpr std::chrono::milliseconds after_a_failure{500};

}  // namespace

struct LocalServer::Impl final : LocalConnection::Owner, std::enable_shared_from_this<Impl> {
  Impl(boost::asio::io_context& loop, LocalHandler with, const LocalLimits& within)
      : acceptor(loop), pause(loop), handler(std::move(with)), limits(within) {}

  [[nodiscard]] boost::system::error_code listen_on(const Protocol::endpoint& endpoint, bool owner_only) {
    boost::system::error_code failed;
    acceptor.open(endpoint.protocol(), failed);
    if (!failed && endpoint.protocol().family() != AF_UNIX)
      acceptor.set_option(boost::asio::socket_base::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed && owner_only && ::chmod(path->name.c_str(), 0600) != 0)
      failed.assign(errno, boost::system::system_category());
    if (!failed) acceptor.listen(boost::asio::socket_base::max_listen_connections, failed);
    if (!failed) accept();
    return failed;
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](boost::system::error_code failed, Protocol::socket socket) {
      if (self->ended) return;
      if (failed) return self->accept_later();
      auto client = std::make_shared<LocalConnection>(std::move(socket), self->limits, *self);
      self->clients.insert(client);
      client->start();
      // The next one waits in the kernel: turned away it would say that no agent answers.
      if (self->clients.size() < self->limits.clients)
        self->accept();
      else
        self->full = true;
    });
  }

  void accept_later() {
    pause.expires_after(after_a_failure);
    pause.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled && !self->ended) self->accept();
    });
  }

  void handle(LocalRequest request, Respond respond) override { handler(std::move(request), std::move(respond)); }

  bool take_viewer_place() override {
    if (viewers >= limits.viewers) return false;
    ++viewers;
    return true;
  }

  void on_gone(const std::shared_ptr<LocalConnection>& connection, bool viewer) override {
    if (viewer) --viewers;
    clients.erase(connection);
    if (!ended && std::exchange(full, false)) accept();
  }

  void end() {
    ended = true;
    boost::system::error_code ignored;  // it is closed either way
    acceptor.close(ignored);
    pause.cancel();
    while (!clients.empty()) {
      const std::shared_ptr<LocalConnection> client = *clients.begin();
      client->close();
    }
    if (path) ::unlink(path->name.c_str());
  }

  boost::asio::basic_socket_acceptor<Protocol> acceptor;
  boost::asio::steady_timer pause;
  const LocalHandler handler;
  const LocalLimits limits;
  std::optional<SocketPath> path;
  std::set<std::shared_ptr<LocalConnection>> clients;
  std::size_t viewers = 0;
  std::uint16_t port = 0;
  bool full = false;  // nobody is accepted until a client goes
  bool ended = false;
};

LocalServer::LocalServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalServer::~LocalServer() {
  impl_->end();
}

std::uint16_t LocalServer::port() const {
  return impl_->port;
}

Result<std::unique_ptr<LocalServer>> LocalServer::start(boost::asio::io_context& loop, const std::string& folder,
                                                        LocalHandler handler, const LocalLimits& limits) {
  auto path = socket_path(folder);
  if (!path) return path.error();
  auto impl = std::make_shared<Impl>(loop, std::move(handler), limits);
  impl->path = std::move(path).value();
  ::unlink(impl->path->name.c_str());
  if (const auto failed = impl->listen_on(Unix::endpoint(impl->path->name), true))
    return Error{"listen on agent.sock", failed.message(), failed.value()};
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(impl)));
}

Result<std::unique_ptr<LocalServer>> LocalServer::start_tcp(boost::asio::io_context& loop, const std::string& address,
                                                            std::uint16_t port, LocalHandler handler,
                                                            const LocalLimits& limits) {
  const std::string shown =
      (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" + std::to_string(port);
  boost::system::error_code failed;
  const auto ip = boost::asio::ip::make_address(address, failed);
  auto impl = std::make_shared<Impl>(loop, std::move(handler), limits);
  if (!failed) failed = impl->listen_on(Tcp::endpoint(ip, port), false);
  if (failed) return Error{"listen on " + shown, failed.message(), failed.value()};
  Tcp::endpoint bound;
  const Protocol::endpoint local = impl->acceptor.local_endpoint(failed);
  if (failed) return Error{"listen on " + shown, failed.message(), failed.value()};
  bound.resize(local.size());
  std::copy_n(static_cast<const char*>(static_cast<const void*>(local.data())), local.size(),
              static_cast<char*>(static_cast<void*>(bound.data())));
  impl->port = bound.port();
  return std::unique_ptr<LocalServer>(new LocalServer(std::move(impl)));
}

}  // namespace vf::agent
