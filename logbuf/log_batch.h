// LogBatch: what one POST /api/agent/logs carries, `[{pipelineId, lines[<=500]}]`, as a value that a worker can encode;
// and what its answer means. Wire: VectorFlow agent contract v1. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vf::logbuf {

struct LogEntry {
  std::string pipeline_id;         ///< unique within a batch
  std::vector<std::string> lines;  ///< never empty; where dropped > 0 the first of them says so
  std::uint64_t dropped = 0;       ///< lines lost just before those here
};

struct LogBatch {
  std::uint64_t number = 0;       ///< names the batch in LogShipper::on_result
  std::vector<LogEntry> entries;  ///< never empty
  std::size_t body_bytes = 0;     ///< at least the size of the JSON body, unless it escapes more than JSON demands
};

enum class Outcome {
  delivered,
  retry,    ///< nothing is known to be wrong with the batch: unreachable, erring, too many requests, unknown token
  refused,  ///< the server will not have something in it, and lost all of it
  too_large,
};

/// `status` is the HTTP status, or 0 where no answer came.
[[nodiscard]] Outcome outcome_of(int status);

/// The line that stands where lines were lost, as in "… 41213 lines dropped".
[[nodiscard]] std::string dropped_marker(std::uint64_t lines);

/// Size of `text` as a JSON string, quotes included; no more than JSON demands is escaped.
[[nodiscard]] std::size_t json_size(std::string_view text);

/// Size of an entry without its lines; each line then costs json_size(line) + 1 for its comma.
[[nodiscard]] std::size_t json_size_of_empty_entry(std::string_view pipeline_id);

}  // namespace vf::logbuf
