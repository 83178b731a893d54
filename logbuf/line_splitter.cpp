#include "logbuf/line_splitter.h"

#include <cstring>

#include "logbuf/safe_text.h"

namespace vf::logbuf {
namespace {

// Text is never shorter than the raw bytes it came from, so its first kMaxLineBytes depend on as many raw bytes, and on
// those that complete a character which begins within them.
constexpr std::size_t kMaxHeldBytes = kMaxLineBytes + 4;

// A buffer that once held a huge line must not stay huge: there may be 500 splitters.
constexpr std::size_t kKeptCapacity = 2 * 1024;

void clear_and_trim(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptCapacity) buffer.shrink_to_fit();
}

/// Where the first, respectively last, newline of `text` stands; npos where there is none.
std::size_t first_newline(std::string_view text) {
  const void* found = text.empty() ? nullptr : std::memchr(text.data(), '\n', text.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}
std::size_t last_newline(std::string_view text) {
  const void* found = text.empty() ? nullptr : ::memrchr(text.data(), '\n', text.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

void append_cut_mark(std::string& text, std::uint64_t bytes) {
  text.append(" … [cut: ").append(std::to_string(bytes)).append(bytes == 1 ? " byte more]" : " bytes more]");
}

}  // namespace

void LineSplitter::feed(std::string_view chunk, LineSink& sink) {
  const std::size_t last = last_newline(chunk);
  if (last == std::string_view::npos) return hold(chunk);

  std::string_view whole_lines = chunk.substr(0, last + 1);
  if (held_total_ > 0) {
    const std::size_t end = first_newline(whole_lines);
    hold(whole_lines.substr(0, end));
    emit_held(sink);
    whole_lines.remove_prefix(end + 1);
  }
  split(whole_lines, sink);
  clear_and_trim(text_);
  hold(chunk.substr(last + 1));
}

void LineSplitter::finish(LineSink& sink) {
  if (held_total_ > 0) emit_held(sink);
  clear_and_trim(text_);
}

/// `whole_lines` ends with a newline, or is empty; nothing is held.
void LineSplitter::split(std::string_view whole_lines, LineSink& sink) {
  const bool safe = is_safe(whole_lines);  // then there is no \r in it either
  while (!whole_lines.empty()) {
    const std::size_t end = first_newline(whole_lines);
    std::string_view line = whole_lines.substr(0, end);
    whole_lines.remove_prefix(end + 1);
    if (safe && line.size() <= kMaxLineBytes) {
      if (!line.empty()) sink.on_line(line);
      continue;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    emit_checked(line, line.size(), sink);
  }
}

void LineSplitter::hold(std::string_view part) {
  if (part.empty()) return;
  held_.append(part.substr(0, kMaxHeldBytes - held_.size()));
  held_total_ += part.size();
  held_last_ = part.back();
}

void LineSplitter::emit_held(LineSink& sink) {
  const std::uint64_t total = held_total_ - (held_last_ == '\r' ? 1 : 0);
  emit_checked(std::string_view(held_).substr(0, total), total, sink);
  clear_and_trim(held_);
  held_total_ = 0;
}

/// `raw` is the line, or its first kMaxHeldBytes bytes or more; `total` is how long the whole line is.
void LineSplitter::emit_checked(std::string_view raw, std::uint64_t total, LineSink& sink) {
  if (total == 0) return;
  if (total <= kMaxLineBytes && is_safe(raw)) return sink.on_line(raw);
  text_.clear();
  const std::size_t used = append_safe(text_, raw, kMaxLineBytes);
  if (used < total) append_cut_mark(text_, total - used);
  sink.on_line(text_);
}

}  // namespace vf::logbuf
