// The lines that `tap` prints: made-up events of an output, in the form of a version and of --format. Each carries `n`,
// which counts that output's events from 1, and `at`, when it came to be, in ns of CLOCK_MONOTONIC.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/standin_vector/command_line.h"
#include "tests/support/standin_vector/tap_link.h"

namespace standin {

/// How the lines of one output look; made once, as many are printed.
class TapText {
 public:
  TapText(const TapOutput& output, const TapOptions& options, const Dialect& dialect, const TapModes& modes);

  /// With its line end.
  [[nodiscard]] std::string line(std::uint64_t number, std::int64_t at_ns) const;

 private:
  [[nodiscard]] std::string event(std::uint64_t number, std::int64_t at_ns, const std::string& extra) const;
  [[nodiscard]] std::string odd_line(Odd kind, std::uint64_t number, std::int64_t at_ns) const;

  TapOptions options_;
  std::string fields_;  ///< of the bare event, which all of them have
  std::string before_;  ///< what comes before the bare event, and after it
  std::string after_;
  const TapModes& modes_;
};

}  // namespace standin
