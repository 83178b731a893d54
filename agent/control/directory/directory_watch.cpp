#include "agent/control/directory/directory_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/control/directory/directory_names.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

using supervisor::UniqueDescriptor;

// What is not among them: opening, reading and closing after reading, or each scan would cause the next.
constexpr std::uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                        IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
// The name of the folder in the one above: removed, made, swapped.
constexpr std::uint32_t kParentEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kAboutTheFolder = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class InotifyArm final : public WatchArm {
 public:
  InotifyArm(UniqueDescriptor inotify, int error, std::string folder)
      : inotify_(std::move(inotify)), error_(error), folder_(std::move(folder)), parent_path_(parent_of(folder_)) {}

  [[nodiscard]] int descriptor() const { return inotify_.get(); }

  Status arm() override {
    if (!inotify_) return system_error("watch " + folder_ + " with inotify", error_);
    // A parent that cannot be watched costs only speed, and the next scan tries again.
    move_watch(parent_, parent_path_, kParentEvents);
    const int error = move_watch(watch_, folder_, kFolderEvents);
    if (error != 0) return system_error("watch " + folder_ + " with inotify", error);
    return success();
  }

 private:
  /// inotify watches what a path led to when it was added: the same thing gives the same number, another a new one.
  int move_watch(int& watch, const std::string& path, std::uint32_t events) const {
    const int added = ::inotify_add_watch(inotify_.get(), path.c_str(), events | IN_ONLYDIR | IN_MASK_ADD);
    const int error = added < 0 ? errno : 0;
    // Fails where the old one went by itself with what it watched; either way it is gone.
    if (watch >= 0 && watch != added) ::inotify_rm_watch(inotify_.get(), watch);
    watch = added;
    return error;
  }

  const UniqueDescriptor inotify_;
  const int error_;  // of inotify_init1, where there is no inotify_
  const std::string folder_;
  const std::string parent_path_;
  int watch_ = -1;
  int parent_ = -1;
};

}  // namespace

class DirectoryWatch::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, std::string folder, std::function<void()> on_change)
      : name_(folder.substr(folder.rfind('/') + 1)), on_change_(std::move(on_change)), events_(loop) {
    UniqueDescriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    int error = errno;
    // The worker adds watches through one descriptor while the loop reads through another: neither can close the
    // other's, and closing the loop's tells no lie to epoll.
    UniqueDescriptor to_read(inotify ? ::fcntl(inotify.get(), F_DUPFD_CLOEXEC, 0) : -1);
    if (inotify && !to_read) {
      error = errno;
      inotify.reset();
    }
    if (to_read) events_.assign(to_read.release());
    arm_ = std::make_shared<InotifyArm>(std::move(inotify), error, std::move(folder));
  }

  [[nodiscard]] std::shared_ptr<WatchArm> arm() const { return arm_; }

  void wait() {
    if (!events_.is_open()) return;
    events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [weak = weak_from_this()](const boost::system::error_code& error) {
                         const auto self = weak.lock();
                         if (!self || error || self->stopped_) return;
                         self->read();
                         self->wait();
                       });
  }

  void stop() {
    stopped_ = true;
    boost::system::error_code ignored;  // closing a descriptor that only reads loses nothing
    events_.close(ignored);
  }

 private:
  void read() {
    // Room for hundreds of events; what is left wakes the loop again.
    alignas(inotify_event) std::array<char, 16384> buffer;
    const ssize_t length = ::read(events_.native_handle(), buffer.data(), buffer.size());
    bool matters = false;
    for (std::size_t at = 0; length > 0 && at < static_cast<std::size_t>(length);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      const char* name = event.len > 0 ? buffer.data() + at + sizeof(event) : "";
      matters =
          matters || (event.mask & kAboutTheFolder) != 0 || name == std::string_view(name_) || is_of_interest(name);
      at += sizeof(event) + event.len;
    }
    if (matters) on_change_();
  }

  const std::string name_;  // of the folder, as the one above knows it
  const std::function<void()> on_change_;
  boost::asio::posix::stream_descriptor events_;
  std::shared_ptr<InotifyArm> arm_;
  bool stopped_ = false;
};

DirectoryWatch::DirectoryWatch(boost::asio::io_context& loop, std::string folder, std::function<void()> on_change)
    : impl_(std::make_shared<Impl>(loop, std::move(folder), std::move(on_change))) {
  impl_->wait();
}

DirectoryWatch::~DirectoryWatch() {
  impl_->stop();
}

std::shared_ptr<WatchArm> DirectoryWatch::watch_arm() const {
  return impl_->arm();
}

}  // namespace vf::agent
