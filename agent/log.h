// Log: what the agent says, in text or JSON (VF_LOG_FORMAT), and the echo of what its pipelines print. spdlog stamps and
// filters; the Console writes. Any thread.
//
//   text   2026-11-21T10:36:00.123Z INFO  [checkout] running: version 3, …      the agent speaking (of a pipeline)
//          [checkout] 2026-11-21T10:36:00.130Z  INFO vector: …                   a line that this pipeline printed
//   json   {"ts":"…","level":"info","pipeline":"checkout","msg":"…"}             "from":"vector" marks the echo
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/console.h"
#include "agent/options.h"

namespace vf::agent {

class Log {
 public:
  Log(Console& console, LogLevel level, LogFormat format);
  ~Log();

  /// `pipeline` is the pipeline's name, or "" where the line is about no single one.
  void write(LogLevel level, std::string_view pipeline, std::string_view text);
  void debug(std::string_view text) { write(LogLevel::debug, {}, text); }
  void info(std::string_view text) { write(LogLevel::info, {}, text); }
  void warn(std::string_view text) { write(LogLevel::warn, {}, text); }
  void error(std::string_view text) { write(LogLevel::error, {}, text); }

  /// What stands before a line of this pipeline in the echo; made once, as floods come by it.
  [[nodiscard]] std::string echo_head(std::string_view pipeline) const;
  void echo(const std::string& head, std::string_view line);

  /// Lines that the Console dropped so far.
  [[nodiscard]] std::uint64_t dropped() const;

  /// The line that a Console of this format says dropped lines with.
  [[nodiscard]] static std::string dropped_line(LogFormat format, std::uint64_t lines);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
