// OutputTail: follows one file that a Vector appends its stdout or stderr to.
//
// Why files and not pipes: a pipe's reader can be slow, stopped or dead, and then Vector blocks in write(2). A file
// takes whatever comes; the agent reads behind, gives the blocks it has read back to the file system (punched holes, so
// that nothing written meanwhile can be lost), and where a flood outruns it, skips ahead and counts what it skipped.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "logbuf/line_splitter.h"
#include "supervisor/process/unique_descriptor.h"
#include "supervisor/result.h"

namespace vf::supervisor {

/// Receives what a tail reads; always on the loop's thread.
struct OutputSink {
  virtual ~OutputSink() = default;
  virtual void on_line(std::string_view line) = 0;   ///< clean UTF-8, no NUL, bounded (line_splitter.h)
  virtual void on_skipped(std::uint64_t lines) = 0;  ///< lines a flood outran us by, before the next on_line()
  /// Lines it takes now without losing older ones that nobody has got yet.
  [[nodiscard]] virtual std::size_t room() const { return std::numeric_limits<std::size_t>::max(); }
};

class OutputTail {
 public:
  /// Unread bytes above which the tail skips ahead, and how many it leaves to read in full. Lines that are skipped,
  /// wholly or in part, are counted.
  static constexpr std::uint64_t skip_above = 4U << 20;
  static constexpr std::uint64_t skip_leaves = 1U << 20;
  /// Bytes read in one turn: bounds the time a flood can hold the loop.
  static constexpr std::size_t turn_bytes = 64U << 10;
  /// The same while it catches up, and the room that takes if lines are short.
  static constexpr std::size_t catch_up_bytes = 1U << 10;
  static constexpr std::size_t catch_up_room = 64;

  /// Opens (creates, 0600) the file; what it holds from an earlier run is skipped. Cheap: no read.
  [[nodiscard]] static Result<std::unique_ptr<OutputTail>> open(const std::string& path, OutputSink& sink);

  /// Of a file that a process which is taken over goes on writing: reads on at `from`, or where the first byte is that
  /// was not given back. What lies between counts as a skipped line.
  [[nodiscard]] static Result<std::unique_ptr<OutputTail>> resume(const std::string& path, OutputSink& sink,
                                                                  std::uint64_t from);

  /// A descriptor for a new process to append to. Called while no process writes to the file: what was read is cut off.
  /// A file that somebody has removed is made anew.
  [[nodiscard]] Result<UniqueDescriptor> writer();

  /// While it reads what was printed when no agent ran, lines that are all there in the file, it waits for room in the
  /// sink.
  [[nodiscard]] bool must_wait() const { return catching_up_ && sink_.room() < catch_up_room; }

  /// Reads one turn's worth. True: there may be more now. A read error ends the turn and is kept in `problem`.
  bool read_turn();

  /// The process is gone and everything was read: what was skipped last is told, an unterminated last line is a line.
  void finish();

  /// Bytes before the end of what was read that stay, for the next agent to read again what this one had not shipped.
  static constexpr std::uint64_t keep_bytes = 1U << 20;

  /// What can be given back to the file system, or length 0. The caller has it done on a worker (punch_hole).
  struct Trim {
    std::uint64_t offset = 0, length = 0;
  };
  [[nodiscard]] Trim take_trim();
  [[nodiscard]] std::shared_ptr<UniqueDescriptor> descriptor() const { return file_; }
  /// Whole lines up to here were handed on.
  [[nodiscard]] std::uint64_t handed_on() const { return offset_ - splitter_.unfinished_bytes(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  OutputTail(std::string path, OutputSink& sink, std::shared_ptr<UniqueDescriptor> file)
      : path_(std::move(path)), sink_(sink), file_(std::move(file)) {}
  bool skip_turn();
  void end_skip(std::uint64_t lines_landed_in);
  void hand_on(std::string_view bytes);

  std::string path_;
  OutputSink& sink_;
  std::shared_ptr<UniqueDescriptor> file_;  // shared with a trim under way on a worker
  logbuf::LineSplitter splitter_;
  std::uint64_t offset_ = 0;      // read up to here
  std::uint64_t trimmed_ = 0;     // given back up to here
  std::uint64_t skip_until_ = 0;  // a skip is under way while offset_ is before this
  std::uint64_t skipped_ = 0;     // lines that ended in what this skip passed by
  bool catching_up_ = false;      // resumed, and not at the end of the file yet
  bool skipping_line_ = false;    // a skip was made, and the line it landed in the middle of is skipped too
  std::string problem_;
};

/// Gives the blocks of [offset, offset+length) back; the file keeps its size and what is appended meanwhile. Blocking.
[[nodiscard]] Status punch_hole(const UniqueDescriptor& file, std::uint64_t offset, std::uint64_t length);

}  // namespace vf::supervisor
