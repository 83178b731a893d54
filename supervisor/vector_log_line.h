// VectorLogLine: one line of Vector's own log, in either of its formats. Pure, any thread.
//
//   2026-11-21T09:07:39.332085Z  INFO vector::signal: Signal received. signal="SIGHUP"
//   2026-11-21T09:07:39.336812Z ERROR source{component_id=tcp …}: vector::topology: An error occurred …
//   {"timestamp":"…","level":"INFO","message":"Signal received.","signal":"SIGHUP","target":"vector::signal"}
//
// The second was said inside a span: by a component, about the data. In the first format a record may go on over
// further lines, which are no log lines of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vf::supervisor {

struct VectorLogLine {
  enum class Level { error, warn, info, debug, trace };
  Level level = Level::info;
  std::string target;    ///< the module that said it, as in vector::signal; empty where in_span
  bool in_span = false;  ///< said by a component
  std::string text;      ///< message and fields: `Signal received. signal="SIGHUP"`; JSON's strings come without quotes
};

/// nullopt where the line is none: the middle of a record, or no log at all. `line` has no line end.
[[nodiscard]] std::optional<VectorLogLine> parse_vector_log_line(std::string_view line);

/// `text` without the fields that only Vector's own telemetry needs, where they stand at its end (error_code,
/// error_type, stage, internal_log_rate_limit), and of `Configuration error. error=…` the error alone.
[[nodiscard]] std::string vector_words(std::string_view text);

}  // namespace vf::supervisor
