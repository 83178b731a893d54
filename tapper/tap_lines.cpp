#include "tapper/tap_lines.h"

namespace vf::tapper {
namespace {

// A buffer that once held a huge line must not stay huge.
constexpr std::size_t kept_capacity = 16 * 1024;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void TapLines::feed(std::string_view chunk, TapLineSink& sink) {
  for (;;) {
    const std::size_t end = chunk.find('\n');
    if (end == std::string_view::npos) return hold(chunk);
    const std::string_view part = chunk.substr(0, end);
    chunk.remove_prefix(end + 1);
    if (cut_ || !held_.empty()) {
      hold(part);
      end_held(sink);
    } else if (part.size() > kMaxLineBytes) {
      sink.on_cut();
    } else if (const std::string_view line = without_return(part); !line.empty()) {
      sink.on_line(line);
    }
  }
}

bool TapLines::finish() {
  const bool unfinished = cut_ || !held_.empty();
  cut_ = false;
  held_ = {};
  return unfinished;
}

void TapLines::hold(std::string_view part) {
  if (cut_) return;
  if (held_.size() + part.size() > kMaxLineBytes) {
    cut_ = true;
    held_ = {};
    return;
  }
  held_.append(part);
}

void TapLines::end_held(TapLineSink& sink) {
  if (cut_) {
    cut_ = false;
    return sink.on_cut();
  }
  const std::size_t size = held_.size();
  held_.append(kPadding, '\0');
  if (const std::string_view line = without_return(std::string_view(held_).substr(0, size)); !line.empty())
    sink.on_line(line);
  held_.clear();
  if (held_.capacity() > kept_capacity) held_.shrink_to_fit();
}

}  // namespace vf::tapper
