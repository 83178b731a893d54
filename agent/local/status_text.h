// A status report for people. Pure: time, width and colour are arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

struct TextStyle {
  std::size_t width = 0;  ///< columns of the terminal; 0: nothing is cut
  bool colour = false;
};

/// From what GET /status answers. `now`: seconds since 1970.
[[nodiscard]] Result<std::string> status_text(std::string_view json, std::int64_t now, TextStyle style);

}  // namespace vf::agent
