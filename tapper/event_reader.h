// EventReader: takes apart one line of `vector tap --meta --format json`: whose event it is, and the bytes of the event
// as they are. The event is checked to be JSON, since one that is not would spoil a post of thousands; no tree is made.
//
//   0.54: {"component_id":"parse","component_kind":"transform","component_type":"remap","event":{…}}
//   0.57: the same with "event":{"log":{…}}, likewise metric and trace; that wrapper is cut off.
//
// Belongs to one thread. Costs about 0.15 us for an event of 250 bytes (tests/bench/tapper_bench).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vf::tapper {

struct TappedEvent {
  std::string_view component_id;
  std::string_view event;  ///< one JSON value, bare
};

class EventReader {
 public:
  /// `wrapped`: of Vector 0.55 and later.
  explicit EventReader(bool wrapped);
  ~EventReader();

  /// kPadding bytes behind the line can be read (TapLines). What comes back is good until the next call, and as long as
  /// the line is. Nothing where the line is not of that form, or the event not JSON in UTF-8, or nested more than 1024
  /// deep. Half of a surrogate pair, which JSON allows and UTF-8 has no form for, becomes U+FFFD.
  [[nodiscard]] std::optional<TappedEvent> read(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::tapper
