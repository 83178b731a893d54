#include "supervisor/output_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace vf::supervisor {
namespace {

constexpr std::uint64_t block = 4096;
constexpr std::uint64_t trim_step = 1U << 20;

std::uint64_t size_of(int descriptor) {
  struct stat found {};
  return ::fstat(descriptor, &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

/// Adapts what the splitter finds to the sink.
struct Lines : logbuf::LineSink {
  explicit Lines(OutputSink& to) : sink(to) {}
  void on_line(std::string_view line) override { sink.on_line(line); }
  OutputSink& sink;
};

}  // namespace

Result<std::unique_ptr<OutputTail>> OutputTail::open(const std::string& path, OutputSink& sink) {
  auto file = std::make_shared<UniqueDescriptor>(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!*file) return system_error("open " + path, errno);
  std::unique_ptr<OutputTail> tail(new OutputTail(path, sink, std::move(file)));
  tail->offset_ = tail->trimmed_ = size_of(tail->file_->get());
  return tail;
}

Result<UniqueDescriptor> OutputTail::writer() {
  if (::ftruncate(file_->get(), 0) != 0) return system_error("empty " + path_, errno);
  offset_ = trimmed_ = 0;
  skipping_line_ = false;
  problem_.clear();
  UniqueDescriptor appending(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!appending) return system_error("open " + path_ + " for appending", errno);
  return appending;
}

bool OutputTail::read_turn() {
  static thread_local std::array<char, turn_bytes> buffer;
  const ssize_t got = ::pread(file_->get(), buffer.data(), buffer.size(), static_cast<off_t>(offset_));
  if (got < 0) {
    if (errno != EINTR) problem_ = system_error("read " + path_, errno).message();
    return errno == EINTR;
  }
  if (got == 0) {
    // Somebody else emptied the file (an operator's `> file`): begin again at its start.
    if (size_of(file_->get()) < offset_) {
      offset_ = trimmed_ = 0;
      return true;
    }
    return false;
  }
  const auto length = static_cast<std::size_t>(got);
  if (length == buffer.size()) {  // more is waiting: how much?
    const std::uint64_t size = size_of(file_->get());
    if (size > offset_ + skip_above) return skip_turn(size);
  }
  offset_ += length;
  hand_on({buffer.data(), length});
  return length == buffer.size();
}

bool OutputTail::skip_turn(std::uint64_t size) {
  static thread_local std::array<char, 1U << 18> buffer;
  Lines lines(sink_);
  splitter_.finish(lines);
  std::uint64_t skipped = 0;
  // A megabyte a turn: counting newlines costs a fraction of splitting, but not nothing.
  const std::uint64_t until = std::min(size - skip_leaves, offset_ + (1U << 20));
  while (offset_ < until) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), until - offset_));
    const ssize_t got = ::pread(file_->get(), buffer.data(), want, static_cast<off_t>(offset_));
    if (got <= 0) break;
    skipped += static_cast<std::uint64_t>(std::count(buffer.data(), buffer.data() + got, '\n'));
    offset_ += static_cast<std::uint64_t>(got);
  }
  skipping_line_ = true;
  if (skipped > 0) sink_.on_skipped(skipped);
  return true;
}

void OutputTail::hand_on(std::string_view bytes) {
  if (skipping_line_) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    skipping_line_ = false;
    sink_.on_skipped(1);
  }
  Lines lines(sink_);
  splitter_.feed(bytes, lines);
}

void OutputTail::finish() {
  Lines lines(sink_);
  splitter_.finish(lines);
}

OutputTail::Trim OutputTail::take_trim() {
  const std::uint64_t whole = offset_ / block * block;
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
