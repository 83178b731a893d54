// TapLines: turns the bytes that `vector tap` prints into lines. Unlike a log's, a line is whole or it is nothing: one
// longer than kMaxLineBytes, which a 10 MiB event makes, is cut away and counted, and takes no memory. How the stream
// was cut into chunks never changes what comes out.
//
// Cost: a line that lies inside one chunk is handed out as a view into it. Memory between feeds: the bytes of an
// unfinished line, at most kMaxLineBytes. Pure; belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::tapper {

inline constexpr std::size_t kMaxLineBytes = 512 * 1024;
/// What may be read (and is not part of the line) behind each line handed out, and behind each chunk fed.
inline constexpr std::size_t kPadding = 64;

class TapLineSink {
 public:
  virtual ~TapLineSink() = default;
  /// Not empty, without its line end; kPadding bytes behind it can be read. Valid during the call.
  virtual void on_line(std::string_view line) = 0;
  /// A line that was too long has ended.
  virtual void on_cut() = 0;
};

class TapLines {
 public:
  /// Any bytes, kPadding readable ones behind them.
  void feed(std::string_view chunk, TapLineSink& sink);
  /// The stream has ended: a line that was not finished is none. True where there was one.
  bool finish();

  [[nodiscard]] std::size_t held_bytes() const { return held_.size(); }

 private:
  void hold(std::string_view part);
  void end_held(TapLineSink& sink);

  std::string held_;  // of the line that has begun and not ended
  bool cut_ = false;  // that line is too long already; nothing of it is kept
};

}  // namespace vf::tapper
