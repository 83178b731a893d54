// A status report for people. Pure: time, width and colour are arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/commands/terminal_text.h"
#include "supervisor/result.h"

namespace vf::agent {

/// From what GET /status answers. `now`: seconds since 1970.
[[nodiscard]] Result<std::string> status_text(std::string_view json, std::int64_t now, TextStyle style);

}  // namespace vf::agent
