// Reads the Prometheus text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), in place: nothing is allocated and
// every view points into the text, which must outlive the reader and all it handed out.
//
// Of an exposition nearly every line is of no interest, so reading is two steps. next() finds the next sample line and
// its name, and costs little more than looking for a newline; only sample() looks at labels and value:
//
//   ExpositionReader reader(text);
//   while (reader.next()) {
//     if (!wanted(reader.name())) continue;
//     if (auto sample = reader.sample()) use(*sample);
//   }
//
// A line that breaks the format is skipped and counted, and its neighbours are read as if it were not there. A line
// that nobody asks sample() for is not judged beyond its having a name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vf::metrics {

struct Label {
  std::string_view name;
  std::string_view raw_value;  ///< what stands between the quotes, its escapes (\\ \" \n) untouched
};

/// What stands between a sample's braces. The reader has checked it: every pair in it is well-formed.
class LabelBlock {
 public:
  LabelBlock() = default;

  /// Takes the next pair; false where there is none left. Start over with a copy made before.
  bool next(Label& label);

  /// The unescaped value of the first label called `name` from here on: a view into the exposition, or into `scratch`
  /// where there was something to unescape. nullopt where there is no such label.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name, std::string& scratch) const;

  [[nodiscard]] std::string_view raw() const { return raw_; }

 private:
  friend class ExpositionReader;
  explicit LabelBlock(std::string_view raw) : raw_(raw) {}

  std::string_view raw_;
};

/// `raw` itself where it has no backslash, else its unescaped form in `scratch`. An unknown escape stays as written.
[[nodiscard]] std::string_view unescape(std::string_view raw, std::string& scratch);

struct Sample {
  std::string_view name;
  LabelBlock labels;
  double value = 0;  ///< NaN and the infinities included; the line's timestamp is not kept
};

class ExpositionReader {
 public:
  explicit ExpositionReader(std::string_view text) : rest_(text) {}

  /// Moves to the next sample line, over comments and blank lines. False at the end of the text. A last line without
  /// its newline is malformed: it may have been cut off within a number, which then looks like a whole one.
  bool next();

  /// The current line's metric name: what stands before '{' or the first blank, not empty, otherwise unchecked.
  [[nodiscard]] std::string_view name() const { return name_; }

  /// The current line as a sample; nullopt (and counted once a call) where it is malformed.
  [[nodiscard]] std::optional<Sample> sample();

  /// Malformed lines seen so far.
  [[nodiscard]] std::size_t malformed() const { return malformed_; }

 private:
  std::string_view rest_;   // lines not looked at yet
  std::string_view name_;   // of the current line
  std::string_view after_;  // what follows the name in the current line
  std::size_t malformed_ = 0;
};

}  // namespace vf::metrics
