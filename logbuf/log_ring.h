// LogRing: the last lines of one pipeline's output. Each line has a number: the first ever pushed is 0, the next 1, and
// so on; readers remember the number they want next (a cursor) and learn how many lines were overwritten before they
// came.
//
// Two limits hold together: max_lines, and max_bytes of text. The oldest lines make room. Storage grows as lines need
// it, up to the limits, and is then reused: an empty ring costs about 100 bytes, a flood allocates nothing. It does not
// shrink. (Lines are stored in one piece each, so somewhat less than max_bytes may fit: at most one line less.)
//
// The ring stores bytes as they come; who pushes makes them safe (safe_text.h). Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vf::logbuf {

class LogRing {
 public:
  explicit LogRing(std::size_t max_lines = 500, std::size_t max_bytes = 1024 * 1024);  ///< both in 1..2^32-1

  /// Not after close(). A line longer than max_bytes gets its number and is overwritten at once, with all before it.
  void push(std::string_view line);

  /// `lines` lines came and went unseen, because a flood outran who pushes: they get their numbers, and they and all
  /// before them count as overwritten. Not after close().
  void skip(std::uint64_t lines);

  /// Says that nothing will be pushed any more: whoever ships these lines may let go of the ring once it read them all.
  void close() { closed_ = true; }
  [[nodiscard]] bool closed() const { return closed_; }

  [[nodiscard]] std::size_t max_lines() const { return max_lines_; }
  [[nodiscard]] std::uint64_t first() const { return first_; }  ///< oldest line kept; == lines overwritten so far
  [[nodiscard]] std::uint64_t end() const { return end_; }      ///< one past the newest; == lines pushed so far
  [[nodiscard]] std::uint64_t pushed_bytes() const { return pushed_bytes_; }  ///< of text, overwritten lines included

  /// Line number `number`, first() <= number < end(). Valid until the next push.
  [[nodiscard]] std::string_view at(std::uint64_t number) const;

  struct Slice {
    std::vector<std::string> lines;
    std::uint64_t dropped = 0;  ///< lines from the cursor on that were overwritten; they stood before lines[0]
    std::uint64_t next = 0;     ///< the cursor to read on with
  };
  /// Lines from `cursor` on: at most `max_lines`, and of those as many as `max_bytes` of text hold, but one at least.
  /// A cursor beyond end() reads as end().
  [[nodiscard]] Slice read(std::uint64_t cursor, std::size_t max_lines, std::size_t max_bytes) const;

  [[nodiscard]] std::size_t allocated_bytes() const;  ///< what the ring holds on the heap

 private:
  struct Slot {
    std::uint32_t offset;
    std::uint32_t size;
  };
  [[nodiscard]] std::size_t slot_index(std::uint64_t number) const;
  [[nodiscard]] std::size_t place_for(std::size_t size) const;
  void drop_oldest();
  void grow_bytes(std::size_t size);
  void grow_slots();

  std::size_t max_lines_;
  std::size_t max_bytes_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t pushed_bytes_ = 0;
  std::vector<Slot> slots_;  ///< circular: line first_ is at first_slot_
  std::size_t first_slot_ = 0;
  std::unique_ptr<char[]> bytes_;  ///< circular: lines follow each other, the one that would not fit at the end is at 0
  std::size_t capacity_ = 0;
  std::size_t write_at_ = 0;  ///< where the newest line ends
  std::size_t kept_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace vf::logbuf
