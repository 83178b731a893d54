// Download: fetches the file of an update. https on every hop; what comes is hashed as it is written.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "agent/http/http_connection.h"
#include "agent/update/update_order.h"

namespace vf::agent {

class Download {
 public:
  static constexpr std::uint64_t largest = std::uint64_t{256} << 20;  ///< bytes

  /// `http` is how the control plane is reached; its client certificate is shown to no other server.
  explicit Download(HttpSettings http) : http_(std::move(http)) {}

  /// On a worker: blocks, for ten minutes at most. Afterwards `path` (mode 0755) is the file with that digest, on the
  /// disk; or it is not there. The Error's `reason` is what the server is told.
  [[nodiscard]] Status run(const Update& update, const std::string& path);

  /// Any thread; ends run(), now or later.
  void cancel();

 private:
  [[nodiscard]] Status fetch(const Update& update, const std::string& path);
  [[nodiscard]] std::shared_ptr<HttpConnection> connect(const std::string& origin);

  const HttpSettings http_;
  std::mutex mutex_;
  std::shared_ptr<HttpConnection> connection_;
  bool cancelled_ = false;
};

}  // namespace vf::agent
