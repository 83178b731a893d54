// ValidationVerdict: what `vector validate --skip-healthchecks` says about a configuration. Pure.
//
// Vector prints to stdout, and what it logs to stderr; captured together:
//
//   √ Loaded ["a.yaml", "a.yaml.vf-metrics.yaml"]        or: Failed to load […] / Loaded with warnings […] and a ruler
//                                                        (a blank line)
//   Component errors                                     a heading and a ruler of its length
//   ----------------
//   x Transform "parse":                                 each error begins with "x ", each warning with "~ "
//   error[E103]: unhandled fallible assignment           and goes on over further lines as they are
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "supervisor/process/exit_status.h"

namespace vf::supervisor {

struct ValidationVerdict {
  enum class Kind {
    accepted,  ///< Vector would take it
    refused,   ///< Vector read it and would not
    unknown,   ///< nothing was said about the configuration: killed, called wrongly, no disk space, another in the way
  };
  Kind kind = Kind::unknown;
  /// In Vector's own words, one or several lines, tidy and bounded (tidy_words.h; first_line() there makes one of
  /// them), without secrets. refused: its errors. accepted: its warnings, mostly none. unknown: how it ended and what
  /// it said last. Never empty but for accepted.
  std::string reason;
};

/// Two validations at once whose configurations have one data_dir and disk buffers get into each other's way; one of
/// them is then unknown. The caller does one after the other.
///
/// `output` is what it printed to stdout and stderr, raw. `secrets` are masked in the reason, before it is cut.
/// Where capture() has no status to tell (it could not be started, or not in time), the verdict is unknown.
[[nodiscard]] ValidationVerdict validation_verdict(std::string_view output, ExitStatus status,
                                                   const std::map<std::string, std::string>& secrets);

}  // namespace vf::supervisor
