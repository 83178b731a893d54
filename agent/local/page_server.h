// PageServer: the listener of VF_UI_ADDR: the page, and below /api what the unix socket serves, for whoever has the
// token. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/local/local_server.h"
#include "agent/local/page_access.h"
#include "supervisor/result.h"

namespace vf::agent {

class PageServer {
 public:
  /// Binds and listens; the Error names the address and what to do. Reads or makes the token: before the loop runs.
  [[nodiscard]] static Result<std::unique_ptr<PageServer>> start(boost::asio::io_context& loop,
                                                                 const std::string& data_dir,
                                                                 const std::string& address, std::uint16_t port,
                                                                 LocalHandler api);

  /// For a browser, the token behind its '#'.
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  PageServer() = default;
  void answer(LocalRequest request, const Respond& respond) const;

  PageAccess access_;
  std::string policy_;
  std::string url_;
  LocalHandler api_;
  std::unique_ptr<LocalServer> server_;  // gone first
};

/// What VF_DATA_DIR/ui-token (0600) holds, or a new one that it holds from now on: 64 hexadecimal digits. Blocking.
[[nodiscard]] Result<std::string> page_token(const std::string& data_dir);

}  // namespace vf::agent
