#include "agent/vector_binary.h"

#include <sys/stat.h>

#include "supervisor/process/capture.h"

namespace vf::agent {
namespace {

constexpr std::chrono::seconds patience{10};

std::string fingerprint(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return path;
  return path + " " + std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
         std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec);
}

/// Device and inode; nothing where there is no such file.
std::optional<std::pair<dev_t, ino_t>> file_id(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return std::pair(found.st_dev, found.st_ino);
}

}  // namespace

VectorBinary::VectorBinary(boost::asio::io_context& loop, std::string executable,
                           std::map<std::string, std::string> environment, OnVersion on_version)
    : loop_(loop),
      executable_(std::move(executable)),
      environment_(std::move(environment)),
      on_version_(std::move(on_version)) {}

void VectorBinary::check() {
  const auto path = environment_.find("PATH");
  const auto found = supervisor::find_executable(executable_, path == environment_.end() ? "" : path->second);
  const std::string now = found ? fingerprint(found.value()) : std::string();
  if (now == asked_about_) return;
  asked_about_ = now;
  if (!found) {
    version_.reset();
    return;  // the supervisor says what that means, where it matters
  }
  path_ = found.value();
  supervisor::Command command;
  command.executable = path_;
  command.arguments = {"--version"};
  command.environment = environment_;
  supervisor::capture(loop_, std::move(command), patience, 4096,
                      [this, now, file = file_id(path_)](Result<supervisor::Captured> captured) {
                        if (now != asked_about_) return;  // replaced meanwhile, and asked again
                        if (!captured) return on_version_(captured.error());
                        version_ = supervisor::parse_vector_version(captured.value().output);
                        if (!version_)
                          return on_version_(Error{"learn the version of " + executable_,
                                                   "it printed \"" + captured.value().output.substr(0, 100) + "\"", 0});
                        if (file) versions_.insert_or_assign(*file, *version_);
                        on_version_(*version_);
                      });
}

std::optional<supervisor::VectorVersion> VectorBinary::version_of(pid_t pid) const {
  const auto file = file_id("/proc/" + std::to_string(pid) + "/exe");
  const auto known = file ? versions_.find(*file) : versions_.end();
  if (known == versions_.end()) return std::nullopt;
  return known->second;
}

}  // namespace vf::agent
