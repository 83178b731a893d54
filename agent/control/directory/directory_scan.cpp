#include "agent/control/directory/directory_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

#include "agent/control/directory/content_checksum.h"
#include "agent/control/directory/directory_names.h"
#include "agent/control/directory/env_file.h"
#include "agent/control/directory/yaml_check.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

using supervisor::UniqueDescriptor;

constexpr std::size_t kMaxBytes = 8U << 20;
// Longer than the coarsest time stamp in use (FAT: 2 s).
constexpr std::int64_t kFreshNs = 2'100'000'000;
// A file that changes under every reading is left for the next scan.
constexpr int kReadings = 3;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_of(const struct stat& status) {
  return {status.st_dev,
          status.st_ino,
          status.st_mode,
          status.st_size,
          nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// The text of one file, or why there is none.
struct FileText {
  std::optional<FileStamp> stamp;
  std::string text;
  std::string problem;  ///< without the file's name; "" where there is none
};

class Scanner {
 public:
  Scanner(const std::string& path, const DirectoryScan& before, std::int64_t now_ns)
      : path_(path), before_(before), now_ns_(now_ns) {}

  DirectoryScan run() {
    if (!open_and_list()) return std::move(scan_);
    for (const std::string& name : pipelines_) scan_pipeline(name);
    for (const std::string& name : secrets_) {
      if (!pipelines_.contains(name)) remark(name + ".env", "there is no " + name + ".yaml beside it");
    }
    return std::move(scan_);
  }

 private:
  [[nodiscard]] std::string full(const std::string& file) const { return path_ + "/" + file; }

  void remark(std::string file, std::string why) { scan_.remarks.emplace(std::move(file), std::move(why)); }

  bool open_and_list() {
    folder_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) {
      const int error = errno;
      scan_.error = system_error("open the folder " + path_, error);
      if (error == ENOENT) scan_.error->reason += "; the agent does not create it";
      return false;
    }
    // fdopendir takes the descriptor it is given over, and folder_ is needed for openat.
    UniqueDescriptor to_list(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, CloseDirectory> listing(to_list ? ::fdopendir(to_list.get()) : nullptr);
    if (!listing) return fail_listing(errno);
    static_cast<void>(to_list.release());
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(listing.get());
      if (entry == nullptr) break;
      sort_in(entry->d_name);
    }
    return errno == 0 || fail_listing(errno);
  }

  bool fail_listing(int error) {
    scan_ = {};
    scan_.error = system_error("list the folder " + path_, error);
    return false;
  }

  void sort_in(const std::string& file) {
    FileName name = classify(file);
    switch (name.kind) {
      case NameKind::pipeline:
        pipelines_.insert(std::move(name.pipeline));
        return;
      case NameKind::secrets:
        secrets_.insert(std::move(name.pipeline));
        return;
      case NameKind::misspelled:
        remark(file, std::move(name.hint));
        return;
      case NameKind::ignored:
        return;
    }
  }

  /// The stamp of a file through its links. An error is not told here: reading the file meets it again.
  [[nodiscard]] std::optional<FileStamp> stamp(const std::string& file) const {
    struct stat status {};
    if (::fstatat(folder_.get(), file.c_str(), &status, 0) != 0) return std::nullopt;
    return stamp_of(status);
  }

  [[nodiscard]] bool is_there(const std::string& file) const {
    struct stat status {};
    return ::fstatat(folder_.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
  }

  void scan_pipeline(const std::string& name) {
    const std::string yaml = name + ".yaml";
    const std::string env = name + ".env";
    const auto known = before_.pipelines.find(name);
    if (known != before_.pipelines.end() && !known->second.fresh && known->second.yaml &&
        known->second.yaml == stamp(yaml) && known->second.env == stamp(env) &&
        known->second.env.has_value() == secrets_.contains(name)) {
      scan_.pipelines.emplace(name, known->second);
      return;
    }
    ScannedPipeline scanned = read_pipeline(name, yaml, env);
    if (!scanned.yaml && !is_there(yaml)) return;  // gone since it was listed
    // The same as before under new stamps (a touch, a fresh file read again): nobody is to take it for a change.
    if (known != before_.pipelines.end() && *known->second.files == *scanned.files) scanned.files = known->second.files;
    scan_.pipelines.emplace(name, std::move(scanned));
  }

  ScannedPipeline read_pipeline(const std::string& name, const std::string& yaml, const std::string& env) {
    auto files = std::make_shared<PipelineFiles>();
    const FileText yaml_text = read(yaml, false);
    FileText env_text;
    if (secrets_.contains(name)) env_text = read(env, true);

    files->checksum = content_checksum(yaml_text.text, env_text.text);
    files->problem = problem_of(yaml, yaml_text, env, env_text, files->secrets);
    if (files->problem.empty()) files->config_yaml = yaml_text.text;
    if (!files->problem.empty()) files->secrets.clear();

    ScannedPipeline scanned;
    scanned.yaml = yaml_text.stamp;
    scanned.env = env_text.stamp;
    scanned.fresh = is_fresh(yaml_text.stamp) || is_fresh(env_text.stamp);
    scanned.files = std::move(files);
    return scanned;
  }

  /// ctime cannot be set by hand as mtime can, and no change leaves it alone.
  [[nodiscard]] bool is_fresh(const std::optional<FileStamp>& stamp) const {
    return stamp && now_ns_ - stamp->changed_ns < kFreshNs;
  }

  [[nodiscard]] std::string problem_of(const std::string& yaml, const FileText& yaml_text, const std::string& env,
                                       const FileText& env_text, std::map<std::string, std::string>& secrets) const {
    if (!yaml_text.problem.empty()) return full(yaml) + ": " + yaml_text.problem;
    if (!env_text.problem.empty()) return full(env) + ": " + env_text.problem;
    if (const auto error = check_yaml(yaml_text.text)) {
      return full(yaml) + ":" + std::to_string(error->line) + ":" + std::to_string(error->column) + ": " +
             error->reason;
    }
    EnvFile parsed = parse_env_file(env_text.text);
    if (!parsed.error.empty()) return full(env) + ":" + std::to_string(parsed.error_line) + ": " + parsed.error;
    secrets = std::move(parsed.values);
    return "";
  }

  /// Reads a file so often that it did not change meanwhile, within reason.
  FileText read(const std::string& file, bool secret) {
    FileText result;
    for (int reading = 0; reading < kReadings; ++reading) {
      result = read_once(file, secret);
      if (!result.problem.empty() || result.stamp == stamp(file)) return result;
    }
    // Whatever was seen is half of something: a stamp that no file has makes the next scan read it again.
    return {FileStamp{}, "", "changes faster than it can be read"};
  }

  FileText read_once(const std::string& file, bool secret) {
    FileText result;
    const auto failed = [&result](int error) {
      result.problem = system_error("", error).reason;
      return result;
    };
    // Not blocking, as somebody may have put a FIFO there.
    const UniqueDescriptor opened(::openat(folder_.get(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!opened) {
      const int error = errno;
      result.stamp = stamp(file);
      if (error != ENOENT) return failed(error);
      if (is_there(file)) result.problem = "a link that leads nowhere";  // else it went since it was listed
      return result;
    }
    ++scan_.opened;
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return failed(errno);
    result.stamp = stamp_of(status);
    if (!S_ISREG(status.st_mode)) {
      result.problem = "not a regular file";
      return result;
    }
    if (secret) result.problem = permission_problem(file, status.st_mode);
    if (!result.problem.empty()) return result;

    std::array<char, 16384> buffer;
    for (;;) {
      const ssize_t count = ::read(opened.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(errno);
      if (count == 0) return result;
      result.text.append(buffer.data(), static_cast<std::size_t>(count));
      if (result.text.size() > kMaxBytes) {
        result.text.clear();
        result.problem = "larger than 8 MiB";
        return result;
      }
    }
  }

  [[nodiscard]] std::string permission_problem(const std::string& file, mode_t mode) const {
    const bool mounted = leads_into_mounted_volume(file);
    const mode_t forbidden = mounted ? S_IRWXO : S_IRWXG | S_IRWXO;
    if ((mode & forbidden) == 0) return "";
    std::array<char, 8> octal;
    std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(mode & 07777));
    if (mounted)
      return "others may use it (mode " + std::string(octal.data()) +
             "); set defaultMode: 0400 on the volume of the Secret";
    return "group or others may use it (mode " + std::string(octal.data()) + "); run: chmod 600 '" + full(file) + "'";
  }

  /// kubelet makes NAME.env a link to ..data/NAME.env, and ..data a link to a folder that it swaps as a whole.
  [[nodiscard]] bool leads_into_mounted_volume(const std::string& file) const {
    std::array<char, PATH_MAX> target;
    const ssize_t length = ::readlinkat(folder_.get(), file.c_str(), target.data(), target.size());
    return length > 0 && std::string_view(target.data(), static_cast<std::size_t>(length)).starts_with("..data/");
  }

  const std::string& path_;
  const DirectoryScan& before_;
  const std::int64_t now_ns_;
  UniqueDescriptor folder_;
  std::set<std::string> pipelines_, secrets_;  // NAMEs of NAME.yaml and NAME.env
  DirectoryScan scan_;
};

}  // namespace

DirectoryScan scan_directory(const std::string& path, const DirectoryScan& before,
                             std::chrono::system_clock::time_point now) {
  return Scanner(path, before, std::chrono::nanoseconds(now.time_since_epoch()).count()).run();
}

}  // namespace vf::agent
