// Hears of changes in a folder by inotify, across its being removed, replaced, moved or linked elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "supervisor/result.h"

namespace boost::asio {
class io_context;
}

namespace vf::agent {

/// Puts the watches of a DirectoryWatch where they belong. Blocks on path lookup: for a worker, by one thread at a
/// time.
class WatchArm {
 public:
  virtual ~WatchArm() = default;
  /// Watches what the folder's path leads to now, and the folder above for its being replaced. Cheap where nothing has
  /// changed: call it before each scan, so that no change falls between. An error: this folder's changes are not heard.
  [[nodiscard]] virtual Status arm() = 0;
};

/// Lives on the loop's thread.
class DirectoryWatch {
 public:
  /// `on_change` is called on the loop when something that matters to pipelines (directory_names.h), or the folder
  /// itself, has changed; never from within a constructor or after the destructor. Changes behind a link to a file
  /// elsewhere are not heard.
  DirectoryWatch(boost::asio::io_context& loop, std::string folder, std::function<void()> on_change);
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  ~DirectoryWatch();

  /// To be handed to a worker; may outlive this. Where inotify itself is not to be had, arm() says why.
  [[nodiscard]] std::shared_ptr<WatchArm> watch_arm() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::agent
