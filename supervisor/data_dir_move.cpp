#include "supervisor/data_dir_move.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <filesystem>
#include <set>

#include "supervisor/atomic_file.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::supervisor {
namespace {

constexpr std::string_view buffers = "buffer/v2/";

std::string marker_of(const std::string& own) {
  return own + "/.vf-agent-moved";
}

/// Why this place is no directory that Vector made for one component alone; "" where it may be.
std::string why_unfit(const std::string& place) {
  const bool is_buffer = place.starts_with(buffers);
  const std::string id = is_buffer ? place.substr(buffers.size()) : place;
  if (id.find("${") != std::string::npos) return "its name is a reference that only Vector resolves";
  if (id.empty() || id == "." || id == ".." || id.find('/') != std::string::npos || id.find('\0') != std::string::npos)
    return "its name is none for a folder";
  if (!is_buffer && (id == "buffer" || id == "pipelines")) return "other pipelines' state lies in the same folder";
  return "";
}

/// A failure that says something about this place, and will say the same next time.
bool stays_so(int errnum) {
  return errnum == EXDEV || errnum == EBUSY || errnum == EACCES || errnum == EPERM;
}

std::string reason_of(int errnum) {
  if (errnum == EXDEV) return "it lies on another file system";
  if (errnum == EBUSY) return "something is mounted there";
  return system_error("", errnum).reason;
}

/// Opens and holds the lock of a disk buffer, as Vector does (flock).
struct BufferLock {
  UniqueDescriptor held;
  bool somebody_elses = false;
};

BufferLock lock_buffer(const std::string& directory) {
  BufferLock lock{UniqueDescriptor(::open((directory + "/buffer.lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW))};
  if (lock.held && ::flock(lock.held.get(), LOCK_EX | LOCK_NB) != 0) lock.somebody_elses = errno == EWOULDBLOCK;
  return lock;
}

/// A relative link would lead elsewhere from where it is moved to.
bool is_relative_link(const std::string& path, const struct stat& found) {
  char target[PATH_MAX];
  return S_ISLNK(found.st_mode) && (::readlink(path.c_str(), target, sizeof target) <= 0 || target[0] != '/');
}

/// rename(2) that overwrites nothing; returns 0 or errno.
int rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that flag; nobody else works in a pipeline's own directory.
  struct stat found {};
  if (::lstat(to.c_str(), &found) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

class Move {
 public:
  Move(const std::string& root, std::string own, const Places& claimed, const std::function<void()>& before_step)
      : root_(root), own_(std::move(own)), claimed_(claimed), before_step_(before_step) {}

  Result<MoveReport> run(const Places& places) {
    for (const std::string& place : places)
      if (Status done = one(place); !done) return done.error();
    // The names must be on disk before the marker that says so.
    touched_.insert(folder_of(own_));
    for (const std::string& folder : touched_)
      if (Status synced = sync_directory(folder); !synced) return synced.error();
    std::string text = "What was left in " + root_ + " for this pipeline has been moved here, once.\n";
    for (const std::string& place : report_.moved) text += "moved: " + place + "\n";
    for (const std::string& words : report_.left) text += "left: " + words + "\n";
    step();
    if (Status marked = write_atomically(marker_of(own_), text, 0600); !marked) return marked.error();
    return report_;
  }

 private:
  void step() const {
    if (before_step_) before_step_();
  }

  void leave(const std::string& place, const std::string& why) {
    report_.left.push_back(root_ + "/" + place + " is not moved to " + own_ + "/" + place + ": " + why);
  }

  Status one(const std::string& place) {
    const std::string from = root_ + "/" + place;
    const std::string to = own_ + "/" + place;
    const std::string unfit = why_unfit(place);
    struct stat source {};
    struct stat target {};
    const bool is_there = ::lstat(from.c_str(), &source) == 0;
    const int errnum = is_there ? 0 : errno;
    const bool is_taken = unfit.empty() && ::lstat(to.c_str(), &target) == 0;
    if (errnum == ENOENT || errnum == ENOTDIR) {
      if (is_taken) report_.moved.push_back(place);  // by an attempt that was interrupted
      return success();
    }
    if (!is_there && !stays_so(errnum)) return system_error("look at " + from, errnum);
    if (!unfit.empty()) {
      leave(place, unfit);
    } else if (!is_there) {
      leave(place, reason_of(errnum));
    } else if (claimed_.contains(place)) {
      leave(place, "another pipeline has a component of this name, so it cannot be told whose it is");
    } else if (is_taken) {
      leave(place, "there is something of that name");
    } else if (is_relative_link(from, source)) {
      leave(place, "it is a relative symbolic link");
    } else {
      return rename(place, from, to);
    }
    return success();
  }

  Status rename(const std::string& place, const std::string& from, const std::string& to) {
    BufferLock lock;  // held until it has its new name
    if (place.starts_with(buffers)) {
      lock = lock_buffer(from);
      if (lock.somebody_elses) {
        leave(place, "a Vector which is not this pipeline's is using it");
        return success();
      }
      for (const std::string& folder : {own_ + "/buffer", own_ + "/buffer/v2"}) {
        step();
        if (Status made = make_directory(folder, 0700); !made) return made.error();
        touched_.insert(folder_of(folder));
      }
    }
    step();
    const int errnum = rename_to_free_name(from, to);
    if (errnum == 0) {
      report_.moved.push_back(place);
      touched_.insert(folder_of(from));
      touched_.insert(folder_of(to));
    } else if (stays_so(errnum)) {
      leave(place, reason_of(errnum));
    } else {
      return system_error("move " + from + " to " + to, errnum);
    }
    return success();
  }

  const std::string& root_;
  const std::string own_;
  const Places& claimed_;
  const std::function<void()>& before_step_;
  std::set<std::string> touched_;  // directories whose entries changed
  MoveReport report_;
};

}  // namespace

Status make_own_data_dir(const std::string& root, std::string_view id) {
  const std::string own = own_data_dir(root, id);
  Status made = make_directory(folder_of(own), 0700);
  if (made) made = make_directory(own, 0700);
  // It may be there and another account's; Vector looks at mode bits only and fails later, on its first checkpoint.
  if (made && ::faccessat(AT_FDCWD, own.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    made = system_error("write to directory " + own, errno);
  if (made) return made;
  Error error = made.error();
  error.reason += "; VF_VECTOR_DATA_DIR (" + root + ") must be a folder that the agent may write to";
  return error;
}

bool is_moved(const std::string& root, std::string_view id) {
  return ::access(marker_of(own_data_dir(root, id)).c_str(), F_OK) == 0;
}

Result<MoveReport> move_old_data(const std::string& root, std::string_view id, const Places& places,
                                 const Places& claimed_by_others, const std::function<void()>& before_step) {
  if (before_step) before_step();
  if (Status made = make_own_data_dir(root, id); !made) return made.error();
  if (is_moved(root, id)) return MoveReport{true, {}, {}};
  return Move(root, own_data_dir(root, id), claimed_by_others, before_step).run(places);
}

}  // namespace vf::supervisor
