// LocalServer: HTTP on the unix socket VF_DATA_DIR/agent.sock (0600), for this host's own view. On the loop, over
// Boost.Beast: nothing runs where nobody asks, and a client that does not read or write is dropped after a while.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "supervisor/result.h"

namespace vf::agent {

struct LocalRequest {
  std::string method;                        ///< "GET"
  std::string path;                          ///< decoded, as in "/status"
  std::map<std::string, std::string> query;  ///< decoded; the last of a name
};

struct LocalAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

class LocalServer {
 public:
  static constexpr std::size_t most_clients = 32;

  /// Called on the loop; the answer is made at once.
  using Handler = std::function<LocalAnswer(const LocalRequest&)>;

  /// `folder` is locked by this agent: a socket that an earlier one left is replaced.
  [[nodiscard]] static Result<std::unique_ptr<LocalServer>> start(boost::asio::io_context& loop,
                                                                  const std::string& folder, Handler handler);
  /// Ends all clients, and removes the socket.
  ~LocalServer();

 private:
  struct Impl;
  explicit LocalServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

/// "%41+b" as in a query: "A b". What is no encoding stays as it is.
[[nodiscard]] std::string decode_query(std::string_view text);

/// Takes the target of a request apart.
[[nodiscard]] LocalRequest read_target(std::string_view method, std::string_view target);

}  // namespace vf::agent
