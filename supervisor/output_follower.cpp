#include "supervisor/output_follower.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace vf::supervisor {
namespace {

constexpr std::chrono::milliseconds rest_time{50};
// Without inotify (limits used up) every file is looked at this often.
constexpr std::chrono::milliseconds blind_time{500};
constexpr std::chrono::milliseconds room_time{100};
constexpr int tails_a_turn = 4;

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}
std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

OutputFollower::OutputFollower(boost::asio::io_context& loop, RunOnWorker run_on_worker, OnProblem on_problem)
    : loop_(loop),
      run_on_worker_(std::move(run_on_worker)),
      on_problem_(std::move(on_problem)),
      inotify_(loop),
      rest_(loop),
      room_(loop) {}

OutputFollower::~OutputFollower() = default;

void OutputFollower::report_once(bool& reported, const std::string& problem) {
  if (!std::exchange(reported, true)) on_problem_(problem);
}

/// Told each time, as the directory may have been removed and made anew: a watch that exists is only looked up.
Status OutputFollower::watch(const std::string& directory) {
  if (!inotify_.is_open()) {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0)
      return system_error(errno == EMFILE ? "start inotify (fs.inotify.max_user_instances)" : "start inotify", errno);
    inotify_.assign(descriptor);
    wait_for_events();
  }
  watch_ = ::inotify_add_watch(inotify_.native_handle(), directory.c_str(), IN_MODIFY | IN_ONLYDIR);
  if (watch_ < 0)
    return system_error("watch " + directory + (errno == ENOSPC ? " (fs.inotify.max_user_watches)" : ""), errno);
  return success();
}

void OutputFollower::watch_or_look(const std::string& directory) {
  const Status watched = watch(directory);
  if (watched) return;
  report_once(watch_refused_, watched.error().message() + "; looking at log files every " +
                                  std::to_string(blind_time.count()) + " ms instead");
  rest();
}

Status OutputFollower::follow(const std::string& path, OutputSink& sink) {
  watch_or_look(directory_of(path));
  auto tail = OutputTail::open(path, sink);
  if (!tail) return tail.error();
  files_[name_of(path)] = Followed{std::move(tail).value(), false, nullptr};
  return success();
}

Status OutputFollower::resume(const std::string& path, OutputSink& sink, std::uint64_t from) {
  watch_or_look(directory_of(path));
  auto tail = OutputTail::resume(path, sink, from);
  if (!tail) return tail.error();
  files_[name_of(path)] = Followed{std::move(tail).value(), false, nullptr};
  mark_dirty(name_of(path));
  return success();
}

std::uint64_t OutputFollower::handed_on(const std::string& path) const {
  const auto found = files_.find(name_of(path));
  return found == files_.end() ? 0 : found->second.tail->handed_on();
}

Result<UniqueDescriptor> OutputFollower::writer(const std::string& path) {
  const auto found = files_.find(name_of(path));
  if (found == files_.end()) return Error{"write to " + path, "it is not followed", 0};
  watch_or_look(directory_of(path));
  return found->second.tail->writer();
}

void OutputFollower::drain(const std::string& path, std::function<void()> done) {
  const auto found = files_.find(name_of(path));
  if (found == files_.end()) {
    boost::asio::post(loop_, std::move(done));
    return;
  }
  found->second.drained = std::move(done);
  mark_dirty(found->first);
}

void OutputFollower::forget(const std::string& path) {
  files_.erase(name_of(path));
}

void OutputFollower::wait_for_events() {
  inotify_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (error) return;  // closed: we are being destroyed
    read_events();
    rest();
  });
}

void OutputFollower::read_events() {
  alignas(inotify_event) char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(inotify_.native_handle(), buffer, sizeof buffer);
    if (got <= 0) return;  // EAGAIN: all seen
    for (const char* at = buffer; at < buffer + got;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        mark_all_dirty();
      } else if ((event.mask & IN_IGNORED) != 0) {
        if (event.wd == watch_) watch_ = -1;  // the directory was removed; its files are still open
      } else if (event.len > 0) {
        mark_dirty(at + sizeof event);
      }
      at += sizeof event + event.len;
    }
  }
}

void OutputFollower::mark_dirty(const std::string& name) {
  const auto found = files_.find(name);
  if (found == files_.end() || found->second.dirty) return;
  found->second.dirty = true;
  queue_.push_back(name);
  schedule();
}

void OutputFollower::mark_all_dirty() {
  for (const auto& [name, followed] : files_) mark_dirty(name);
}

void OutputFollower::schedule() {
  if (std::exchange(scheduled_, true)) return;
  boost::asio::post(loop_, [this] {
    scheduled_ = false;
    turn();
  });
}

/// Reads a bounded piece of what is waiting, each file in its turn, then lets the loop's other work go first.
void OutputFollower::turn() {
  for (int tails = 0; tails < tails_a_turn && !queue_.empty(); ++tails) {
    const std::string name = std::move(queue_.front());
    queue_.pop_front();
    const auto found = files_.find(name);
    if (found == files_.end()) continue;
    Followed& followed = found->second;
    if (!followed.drained && followed.tail->must_wait()) {  // the end of a process waits for nobody
      waiting_.push_back(name);
      wait_for_room();
      continue;
    }
    const bool more = followed.tail->read_turn();
    if (!followed.tail->problem().empty()) report_once(read_refused_, followed.tail->problem());
    trim(*followed.tail);
    if (more) {
      queue_.push_back(name);
      continue;
    }
    followed.dirty = false;
    if (followed.drained) {
      followed.tail->finish();
      boost::asio::post(loop_, std::exchange(followed.drained, nullptr));
    }
  }
  if (!queue_.empty()) schedule();
}

/// What has to wait for room is looked at again in a moment.
void OutputFollower::wait_for_room() {
  if (std::exchange(waiting_for_room_, true)) return;
  room_.expires_after(room_time);
  room_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    waiting_for_room_ = false;
    for (std::string& name : std::exchange(waiting_, {})) queue_.push_back(std::move(name));
    if (!queue_.empty()) schedule();
  });
}

void OutputFollower::rest() {
  if (std::exchange(resting_, true)) return;
  rest_.expires_after(watch_ < 0 ? blind_time : rest_time);
  rest_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    resting_ = false;
    if (watch_ < 0) {
      mark_all_dirty();
      rest();
    } else {
      wait_for_events();
    }
  });
}

void OutputFollower::trim(OutputTail& tail) {
  const OutputTail::Trim trim = tail.take_trim();
  if (trim.length == 0 || trim_refused_) return;
  run_on_worker_([this, file = tail.descriptor(), trim, path = tail.path()] {
    const Status punched = punch_hole(*file, trim.offset, trim.length);
    if (punched) return;
    boost::asio::post(loop_, [this, path, why = punched.error().message()] {
      report_once(trim_refused_, why + " (" + path + "): log files there grow until their Vector is restarted");
    });
  });
}

}  // namespace vf::supervisor
