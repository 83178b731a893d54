// Sinks that keep what a tail hands on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/output_tail.h"

namespace vf::supervisor::test {

struct Collected : OutputSink {
  void on_line(std::string_view line) override { lines.emplace_back(line); }
  void on_skipped(std::uint64_t count) override {
    skipped += count;
    ++skips;
    skipped_before.push_back(lines.size());
  }
  std::vector<std::string> lines;
  std::uint64_t skipped = 0;
  int skips = 0;
  std::vector<std::size_t> skipped_before;  ///< how many lines had come when each skip was told
};

/// Lines that say their number, so that a missing, doubled, torn or misplaced one shows.
class NumberedLines {
 public:
  explicit NumberedLines(std::size_t length) : length_(length) {}
  [[nodiscard]] std::string take(std::size_t count) {
    std::string text;
    text.reserve(count * (length_ + 1));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(written_++);
      text += number;
      text.append(length_ > number.size() ? length_ - number.size() : 0, '.');
      text += '\n';
    }
    return text;
  }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  std::size_t length_;
  std::uint64_t written_ = 0;
};

}  // namespace vf::supervisor::test
