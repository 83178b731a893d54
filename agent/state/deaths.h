// Deaths: the last ends of Vectors that nobody asked for, kept across restarts of the agent. One JSON object, the body
// of a sealed file of kind "deaths". Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent::state {

inline constexpr std::string_view deaths_kind = "deaths";  ///< of the sealed file

struct Death {
  std::string pipeline_id, pipeline_name;
  std::int64_t at = 0;         ///< seconds since 1970
  std::string how;             ///< as in "exit code 1", "killed by signal 9 (SIGKILL)"
  std::int64_t uptime_ms = 0;  ///< how long it had run
  std::string last_error;      ///< the last error line it printed; at most Deaths::longest_error bytes
  std::string next;            ///< what happens next, and when
  std::int64_t version = 0;    ///< of the configuration it ran
  friend bool operator==(const Death&, const Death&) = default;
};

class Deaths {
 public:
  static constexpr std::size_t most = 20;
  static constexpr std::size_t longest_error = 1024;  ///< bytes

  /// The newest one; the oldest of more than `most` goes. An error line that is too long loses its end, between two
  /// characters; numbers below 0 become 0.
  void add(Death death);
  [[nodiscard]] const std::deque<Death>& newest_first() const { return deaths_; }

  friend bool operator==(const Deaths&, const Deaths&) = default;

 private:
  std::deque<Death> deaths_;
};

/// Any bytes come back as they were.
[[nodiscard]] std::string encode(const Deaths& deaths);

/// The newest `most`; the Error's `reason` names the field that is missing or wrong. Members that are not known are
/// ignored.
[[nodiscard]] Result<Deaths> decode_deaths(std::string_view body);

}  // namespace vf::agent::state
