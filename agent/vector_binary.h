// VectorBinary: which Vector VF_VECTOR_BIN is. Asked once (`vector --version`) and again whenever the file is another.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "supervisor/result.h"
#include "supervisor/vector_version.h"

namespace vf::agent {

class VectorBinary {
 public:
  /// `on_version` is called on the loop whenever the version was asked for: with it, or with why it is not known.
  using OnVersion = std::function<void(const Result<supervisor::VectorVersion>&)>;
  VectorBinary(boost::asio::io_context& loop, std::string executable, std::map<std::string, std::string> environment,
               OnVersion on_version);

  /// Looks whether the file changed since last asked; a stat(2) where it did not.
  void check();
  /// Which file it was when last looked at: another one, also of the same version, may judge otherwise. "" for none.
  [[nodiscard]] const std::string& identity() const { return asked_about_; }
  /// As in 0.54.0; "" while unknown.
  [[nodiscard]] std::string version() const { return version_ ? version_->to_string() : std::string(); }
  [[nodiscard]] const std::optional<supervisor::VectorVersion>& known() const { return version_; }
  /// Where it was found; only while its version is known.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Of a process that runs one of the files whose version was ever asked for here, also where that was replaced since.
  /// A stat(2) in /proc.
  [[nodiscard]] std::optional<supervisor::VectorVersion> version_of(pid_t pid) const;
  /// For what is started of it besides pipelines.
  [[nodiscard]] const std::map<std::string, std::string>& environment() const { return environment_; }

 private:
  boost::asio::io_context& loop_;
  const std::string executable_;
  const std::map<std::string, std::string> environment_;
  const OnVersion on_version_;
  using FileId = std::pair<dev_t, ino_t>;  // as long as it runs somewhere no other file gets it
  std::string path_;
  std::map<FileId, supervisor::VectorVersion> versions_;  // of all files that were asked for theirs
  std::string asked_about_;                               // path, inode, size and time of the file last asked about
  std::optional<supervisor::VectorVersion> version_;
};

}  // namespace vf::agent
