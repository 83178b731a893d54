// Log lines to the body of POST /api/agent/logs, `[{pipelineId, lines[<=500]}]`. Wire: VectorFlow agent contract v1.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "logbuf/log_batch.h"

namespace vf::agent::vectorflow {

inline constexpr std::size_t most_lines = 500;  ///< of one entry; the server refuses the post (400) past it

/// The body. Lines are safe text already (logbuf/safe_text.h); should they not be, NUL and what is not UTF-8 become
/// U+FFFD all the same. An entry of more than most_lines lines becomes several; one without lines or without an id
/// (400) is left out. Keeping the body within the server's limit is the shipper's part: no line takes more than
/// logbuf::json_size() says.
[[nodiscard]] std::string encode_logs(std::span<const logbuf::LogEntry> entries);

}  // namespace vf::agent::vectorflow
