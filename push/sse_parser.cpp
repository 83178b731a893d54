#include "push/sse_parser.h"

#include <algorithm>
#include <utility>

namespace vf::push {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t kept_capacity = std::size_t{64} << 10;  // what a rare large event may leave allocated

void clear_bounded(std::string& text) {
  if (text.capacity() > kept_capacity) {
    text = std::string();
  } else {
    text.clear();
  }
}

}  // namespace

// Room for a byte order mark and "event: " before the longest value. Of a longer line enough is kept for take_field()
// to see that its value is too long, and that is decided there alone: the outcome is the same however the bytes were
// cut.
std::size_t SseParser::max_line_bytes() const {
  return max_event_bytes_ + 16;
}

void SseParser::feed(std::string_view bytes, SseSink& sink) {
  while (!bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const auto end = bytes.find_first_of("\r\n");
    if (end == std::string_view::npos) {
      keep_part(bytes);
      return;
    }
    const std::string_view part = bytes.substr(0, end);
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (line_.empty()) {
      end_line(part, sink);
    } else {
      keep_part(part);
      end_line(line_, sink);
      clear_bounded(line_);
    }
  }
}

void SseParser::keep_part(std::string_view part) {
  if (line_.starts_with(':')) return;  // a comment's text is of no use
  line_.append(part.substr(0, max_line_bytes() - line_.size()));
}

void SseParser::end_line(std::string_view line, SseSink& sink) {
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  if (line.empty()) return dispatch(sink);
  if (line.front() == ':') return sink.on_comment();
  const auto colon = std::min(line.find(':'), line.size());
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
}

void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (skipping_) return;
    if (data_.size() + value.size() > max_event_bytes_) return skip_event();
    data_.append(value).push_back('\n');
  } else if (name == "event") {
    if (value.size() > max_event_bytes_) return skip_event();
    event_name_ = value;
  }
}

void SseParser::skip_event() {
  skipping_ = true;
  clear_bounded(data_);
}

void SseParser::dispatch(SseSink& sink) {
  if (skipping_) {
    ++skipped_events_;
  } else if (!data_.empty()) {
    data_.pop_back();
    sink.on_event(event_name_.empty() ? std::string_view("message") : std::string_view(event_name_), data_);
  }
  skipping_ = false;
  clear_bounded(data_);
  clear_bounded(event_name_);
}

}  // namespace vf::push
