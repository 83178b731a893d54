// StreamObject: one line of the agent's streams (docs/local-api.md, "Streams"). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vf::agent {

struct StreamObject {
  enum class Kind { line, event, dropped, notice, stopped, unknown };
  Kind kind = Kind::unknown;
  std::string text;          ///< line, notice, stopped: in words; event: its JSON as it came
  std::uint64_t number = 0;  ///< of a line; how many were dropped
};

/// What is no object, or one of a kind that a later agent may have: unknown.
[[nodiscard]] StreamObject read_stream_object(std::string_view json);

}  // namespace vf::agent
