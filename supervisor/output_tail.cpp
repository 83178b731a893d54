#include "supervisor/output_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace vf::supervisor {
namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t trim_step = 1U << 20;

std::uint64_t size_of(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

Result<std::shared_ptr<UniqueDescriptor>> open_file(const std::string& path) {
  auto file = std::make_shared<UniqueDescriptor>(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!*file) return system_error("open " + path, errno);
  return file;
}

/// One buffer for all tails of a thread. On the heap: a thread_local array would be a part of every thread's stack, and
/// glibc touches all of it when a thread starts.
char* turn_buffer() {
  static thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(OutputTail::turn_bytes);
  return buffer.get();
}

/// Adapts what the splitter finds to the sink.
struct Lines : logbuf::LineSink {
  explicit Lines(OutputSink& to) : sink(to) {}
  void on_line(std::string_view line) override { sink.on_line(line); }
  OutputSink& sink;
};

}  // namespace

Result<std::unique_ptr<OutputTail>> OutputTail::open(const std::string& path, OutputSink& sink) {
  auto file = open_file(path);
  if (!file) return file.error();
  std::unique_ptr<OutputTail> tail(new OutputTail(path, sink, std::move(file).value()));
  tail->offset_ = tail->trimmed_ = size_of(tail->file_->get());
  return tail;
}

Result<std::unique_ptr<OutputTail>> OutputTail::resume(const std::string& path, OutputSink& sink, std::uint64_t from) {
  auto file = open_file(path);
  if (!file) return file.error();
  std::unique_ptr<OutputTail> tail(new OutputTail(path, sink, std::move(file).value()));
  const int descriptor = tail->file_->get();
  tail->offset_ = std::min(from, size_of(descriptor));
  const off_t data = ::lseek(descriptor, static_cast<off_t>(tail->offset_), SEEK_DATA);
  if (data >= 0 && static_cast<std::uint64_t>(data) > tail->offset_) {
    tail->offset_ = static_cast<std::uint64_t>(data);
    tail->skipping_line_ = true;  // the hole ends in the middle of one
  }
  tail->trimmed_ = tail->offset_ / block * block;
  tail->catching_up_ = true;
  return tail;
}

Result<UniqueDescriptor> OutputTail::writer() {
  auto file = open_file(path_);  // not the one that is open: somebody may have removed it, or put another in its place
  if (!file) return file.error();
  if (::ftruncate(file.value()->get(), 0) != 0) return system_error("empty " + path_, errno);
  UniqueDescriptor appending(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!appending) return system_error("open " + path_ + " for appending", errno);
  file_ = std::move(file).value();
  offset_ = trimmed_ = skip_until_ = 0;
  problem_.clear();
  return appending;
}

bool OutputTail::read_turn() {
  if (offset_ < skip_until_) return skip_turn();
  char* const buffer = turn_buffer();
  const std::size_t most = catching_up_ ? catch_up_bytes : turn_bytes;
  const ssize_t got = ::pread(file_->get(), buffer, most, static_cast<off_t>(offset_));
  if (got < 0) {
    if (errno != EINTR) problem_ = system_error("read " + path_, errno).message();
    return errno == EINTR;
  }
  if (got == 0) {
    catching_up_ = false;
    // Somebody else emptied the file (an operator's `> file`): begin again at its start.
    if (size_of(file_->get()) < offset_) {
      finish();
      offset_ = trimmed_ = skip_until_ = 0;
      return true;
    }
    return false;
  }
  const auto length = static_cast<std::size_t>(got);
  if (length == most) {  // more is waiting: how much?
    const std::uint64_t size = size_of(file_->get());
    if (size > offset_ + skip_above) {
      skip_until_ = size - skip_leaves;
      splitter_ = {};  // of the line it holds the beginning of, the end is about to be skipped and counted
      return skip_turn();
    }
  }
  offset_ += length;
  hand_on({buffer, length});
  if (length < most) catching_up_ = false;
  return length == most;
}

bool OutputTail::skip_turn() {
  char* const buffer = turn_buffer();
  // A megabyte a turn: counting newlines costs a fraction of splitting, but not nothing.
  const std::uint64_t until = std::min(skip_until_, offset_ + (1U << 20));
  bool at_line_start = false;
  skipping_line_ = true;
  while (offset_ < until) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(turn_bytes, until - offset_));
    const ssize_t got = ::pread(file_->get(), buffer, want, static_cast<off_t>(offset_));
    if (got <= 0) {  // emptied by somebody, or unreadable: the next turn sees which
      skip_until_ = offset_;
      return true;
    }
    const auto length = static_cast<std::size_t>(got);
    skipped_ += static_cast<std::uint64_t>(std::count(buffer, buffer + length, '\n'));
    at_line_start = buffer[length - 1] == '\n';
    offset_ += length;
  }
  if (offset_ == skip_until_ && at_line_start) end_skip(0);
  return true;
}

void OutputTail::end_skip(std::uint64_t lines_landed_in) {
  skipping_line_ = false;
  const std::uint64_t lines = std::exchange(skipped_, 0) + lines_landed_in;
  if (lines > 0) sink_.on_skipped(lines);
}

void OutputTail::hand_on(std::string_view bytes) {
  if (skipping_line_) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_skip(1);
  }
  Lines lines(sink_);
  splitter_.feed(bytes, lines);
}

void OutputTail::finish() {
  if (skipping_line_) end_skip(1);
  Lines lines(sink_);
  splitter_.finish(lines);
}

OutputTail::Trim OutputTail::take_trim() {
  const std::uint64_t whole = (offset_ > keep_bytes ? offset_ - keep_bytes : 0) / block * block;
  if (whole < trimmed_ + trim_step) return {};
  const Trim trim{trimmed_, whole - trimmed_};
  trimmed_ = whole;
  return trim;
}

Status punch_hole(const UniqueDescriptor& file, std::uint64_t offset, std::uint64_t length) {
  if (::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(length)) != 0)
    return system_error("give back the space of a log file", errno);
  return success();
}

}  // namespace vf::supervisor
