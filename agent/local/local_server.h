// LocalServer: HTTP for this host's own view: on the unix socket VF_DATA_DIR/agent.sock (0600), or on a TCP address for
// the page. On the loop, over Boost.Beast: nothing runs where nobody asks, and a client that does not read or write is
// dropped after a while.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/local/local_connection.h"
#include "agent/local/local_message.h"
#include "supervisor/result.h"

namespace vf::agent {

class LocalServer {
 public:
  /// `folder` is locked by this agent: a socket that an earlier one left is replaced.
  [[nodiscard]] static Result<std::unique_ptr<LocalServer>> start(boost::asio::io_context& loop,
                                                                  const std::string& folder, LocalHandler handler,
                                                                  const LocalLimits& limits = {});
  /// `address`: an IPv4 or IPv6 literal; `port` 0 takes a free one.
  [[nodiscard]] static Result<std::unique_ptr<LocalServer>> start_tcp(boost::asio::io_context& loop,
                                                                      const std::string& address, std::uint16_t port,
                                                                      LocalHandler handler,
                                                                      const LocalLimits& limits = {});
  /// Ends all clients, and removes the socket.
  ~LocalServer();

  /// Of a TCP listener; 0 for a unix socket.
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  explicit LocalServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::agent
