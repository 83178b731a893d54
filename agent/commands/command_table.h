// The one table of commands: what the command line is parsed by, and what --help, the man page and the shells'
// completions say. Pure. `run` stands in it too, for these; its options are agent/options_table.h's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vf::agent {

/// What a shell offers for a value.
enum class Completes { nothing, pipeline, component, file, folder };

/// An option, or an operand (PIPELINE, FILE).
struct Parameter {
  std::string_view flags;                      ///< "-n,--lines", "--once"; "" for an operand
  std::string_view value;                      ///< what stands for its value: "N"; "" for an option that has none
  std::string_view help;                       ///< begins lower case, no full stop
  std::string_view fallback;                   ///< as it would be given; "" for none
  std::vector<std::string_view> choices = {};  ///< the only values; any where empty
  std::int64_t least = 0, most = 0;            ///< of a whole number; no number where both are 0
  Completes completes = Completes::nothing;
  bool many = false;    ///< an operand that may be repeated
  bool hidden = false;  ///< shown nowhere

  /// How its value is asked for in Invocation: "lines", "PIPELINE".
  [[nodiscard]] std::string_view key() const;
};

struct Example {
  std::string_view command;
  std::string_view what;  ///< "" where it tells by itself
};

struct CommandEntry {
  std::string_view name;
  std::string_view help;  ///< one line, begins lower case, no full stop
  std::string_view text;  ///< paragraphs for its own page, divided by "\n"
  std::vector<Parameter> parameters;
  std::string_view exit_codes;  ///< a sentence
  std::vector<Example> examples;
  bool hidden = false;
};

/// In the order in which they are shown; `run` first.
[[nodiscard]] std::span<const CommandEntry> command_table();

/// Null where there is none.
[[nodiscard]] const CommandEntry* command_named(std::string_view name);

/// "vf-agent logs [-f] [-n N] [--data-dir DIR] PIPELINE"
[[nodiscard]] std::string synopsis_of(const CommandEntry& command);

/// "-n, --lines N"
[[nodiscard]] std::string usage_of(const Parameter& parameter);

}  // namespace vf::agent
