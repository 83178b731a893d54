// Sealed files: the envelope around everything below state/. It tells a whole file of ours from an empty, torn,
// damaged, newer or foreign one. Pure.
//
//   vf-agent-state 1 <kind> sha256:<64 lowercase hex digits, of the body> <length of the body in bytes>\n
//   <body>
#pragma once

#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent::state {

inline constexpr int seal_format = 1;  ///< counted up when an older vf-agent must not read what a newer one wrote

/// `kind` is what the body is, as in "pipeline": 1 to 32 of [a-z-].
[[nodiscard]] std::string seal(std::string_view kind, std::string_view body);

/// The body. The Error's `reason` says, in words, which of these `file` is: empty; no file of ours; written by a newer
/// vf-agent; of another kind; torn (shorter or longer than it should be); damaged (not what was sealed). Every flipped
/// bit and every cut is one of them.
[[nodiscard]] Result<std::string> unseal(std::string_view kind, std::string_view file);

}  // namespace vf::agent::state
