// TapBuffer: the events of one viewer that wait to be taken. Bounded: where more comes than fits, the first half and
// the newest half stay, and what was in between is dropped and counted, so that the viewer sees both where it began and
// how it is now. Pure; belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace vf::tapper {

class TapBuffer {
 public:
  /// `max_bytes` of text, a byte for each event's comma included.
  explicit TapBuffer(std::size_t max_bytes) : half_(max_bytes / 2) {}

  /// One JSON value. One larger than half of all is dropped and counted.
  void add(std::string_view event);
  /// So many more came that nobody will see.
  void add_dropped(std::uint64_t count) { dropped_ += count; }

  [[nodiscard]] bool empty() const { return head_.empty() && tail_size() == 0 && dropped_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return head_.size() + tail_size(); }

  struct Batch {
    std::string before;         ///< JSON values, a comma between them; "" for none
    std::uint64_t dropped = 0;  ///< events that stood here, or between other ones before
    std::string after;          ///< likewise
    std::uint64_t events = 0;   ///< in both
  };
  /// All of it; the buffer is then empty.
  [[nodiscard]] Batch take();

 private:
  [[nodiscard]] std::size_t tail_size() const { return tail_.size() - tail_begin_; }
  void make_room(std::size_t size);

  std::size_t half_;
  std::string head_;  // values, each with a comma behind it
  std::string tail_;  // likewise, from tail_begin_ on
  std::size_t tail_begin_ = 0;
  std::deque<std::uint32_t> tail_sizes_;  // of each value there, its comma included
  std::uint64_t events_ = 0;
  std::uint64_t dropped_ = 0;
  bool head_full_ = false;
};

}  // namespace vf::tapper
