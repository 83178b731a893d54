// SseParser: text/event-stream, taken apart incrementally by the WHATWG rules
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
//
// Bytes may arrive cut anywhere: inside a line, between CR and LF, inside the byte order mark; the events are the same.
// `id` and `retry` are ignored, for nothing can be replayed and the pace of reconnecting is ours. Bytes are passed on
// as they came: that the data is UTF-8 is for its decoder to check. One parser serves one connection; what the
// stream's end cut off is lost with it, as the rules want.
//
// Memory: an event whose data or name is longer than `max_event_bytes` is skipped as a whole and counted; never more
// than about three times that is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vf::push {

/// Who hears what a stream says. The views live until the call returns.
class SseSink {
 public:
  virtual ~SseSink() = default;
  /// `name` is "message" where the stream names none. `data`: the data lines joined by LF.
  virtual void on_event(std::string_view name, std::string_view data) = 0;
  /// A comment line: how the server keeps a quiet stream alive.
  virtual void on_comment() = 0;
};

class SseParser {
 public:
  static constexpr std::size_t default_max_event_bytes = std::size_t{1} << 20;

  explicit SseParser(std::size_t max_event_bytes = default_max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  void feed(std::string_view bytes, SseSink& sink);

  /// Events that were too large to be held.
  [[nodiscard]] std::uint64_t skipped_events() const { return skipped_events_; }
  /// Memory that is held at the moment.
  [[nodiscard]] std::size_t held_bytes() const { return line_.capacity() + data_.capacity() + event_name_.capacity(); }

 private:
  [[nodiscard]] std::size_t max_line_bytes() const;
  void keep_part(std::string_view part);
  void end_line(std::string_view line, SseSink& sink);
  void take_field(std::string_view name, std::string_view value);
  void dispatch(SseSink& sink);
  void skip_event();

  const std::size_t max_event_bytes_;
  std::string line_;  // the beginning of a line whose end has not come; max_line_bytes() at most
  std::string data_;  // data lines so far, each followed by LF
  std::string event_name_;
  bool first_line_ = true;  // a byte order mark may stand before it
  bool after_cr_ = false;   // an LF now belongs to the CR before it
  bool skipping_ = false;   // this event is too large
  std::uint64_t skipped_events_ = 0;
};

}  // namespace vf::push
