// Whether a line of Vector's stderr tells of an error: of all that a process printed, the last such line says best why
// it ended.
#pragma once

#include <string_view>

namespace vf::supervisor {

/// Level ERROR of Vector's own log, as text or JSON, a panic of Rust's, or what the command line prints of a bad call.
[[nodiscard]] bool tells_error(std::string_view line);

}  // namespace vf::supervisor
