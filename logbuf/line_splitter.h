// LineSplitter: turns the byte stream of one child's output into lines that are safe to keep, show and send.
//
// A line ends with \n; one \r before it is dropped. An empty line tells nothing and is dropped; a blank one is kept.
// What leaves is safe text (see safe_text.h). At most 16 KiB of a line's text are kept, cut between two characters; the
// rest is skipped and counted at the line's end: `… [cut: 5120 bytes more]`, in bytes of the input. How the stream was
// cut into chunks never changes the lines that come out.
//
// Cost: a line that lies inside one chunk and needs no repair is handed out as a view into that chunk, uncopied and
// checked together with its neighbours. Memory between feeds: the raw bytes of an unfinished line, at most
// kMaxLineBytes + 4.
//
// Pure; belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vf::logbuf {

inline constexpr std::size_t kMaxLineBytes = 16 * 1024;  ///< of text, the cut mark not included
inline constexpr std::size_t kMaxCutMarkBytes = 64;      ///< so no line is longer than the sum of both

class LineSink {
 public:
  virtual ~LineSink() = default;
  /// `line` is not empty, has no line end, and is valid during the call only. Must not call the splitter back.
  virtual void on_line(std::string_view line) = 0;
};

class LineSplitter {
 public:
  /// Any bytes, any number of them, an empty chunk included. Calls `sink` once for each line that ended in `chunk`.
  void feed(std::string_view chunk, LineSink& sink);

  /// The stream has ended: what is unfinished is a line. The splitter is then as new.
  void finish(LineSink& sink);

  /// Input bytes of the line that has begun and not ended.
  [[nodiscard]] std::uint64_t unfinished_bytes() const { return held_total_; }

 private:
  void split(std::string_view whole_lines, LineSink& sink);
  void hold(std::string_view part);
  void emit_held(LineSink& sink);
  void emit_checked(std::string_view raw, std::uint64_t total, LineSink& sink);

  std::string held_;              ///< first raw bytes of the unfinished line
  std::uint64_t held_total_ = 0;  ///< all raw bytes of it, the skipped ones included
  char held_last_ = '\0';         ///< the last of them
  std::string text_;              ///< scratch of emit_checked
};

}  // namespace vf::logbuf
