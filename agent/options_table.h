// The one table of options: what parse_options reads, what --help prints and what docs/options.md holds. Pure.
// To add an option: a member in options.h, a row here, `vf-agent options-reference > docs/options.md`.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/option_reading.h"

namespace vf::agent {

/// Where an option may be given.
enum class Given {
  variable_or_flag,  ///< VF_POLL_INTERVAL or --poll-interval; the flag wins
  variable,          ///< no flag: a command line is readable by every user of the machine
  either_case,       ///< HTTPS_PROXY or https_proxy; lower case wins, as in curl. No flag
};

struct Option {
  std::string_view section = {};  ///< heading it stands under; rows of one section follow each other
  std::string_view name = {};     ///< the variable
  Given given = Given::variable_or_flag;
  std::string_view value = {};     ///< what stands for the value in a synopsis: URL, DURATION
  std::string_view fallback = {};  ///< its default, as an operator would write it; "" for none
  std::string_view takes = {};     ///< what is right, in words that end a sentence: "a duration from 1s to 1h"
  std::string_view example = {};   ///< a value that is right
  bool required = false;
  bool secret = false;      ///< the value never appears in a message
  bool empty_flag = false;  ///< `--flag=` with nothing after it is a value too
  void (*read)(const Reading&) = nullptr;
  std::string_view help = {};  ///< one paragraph, whole sentences
};

/// Every option, in the order in which they are read and shown. Sections and names are unique.
[[nodiscard]] std::span<const Option> option_table();

/// "--poll-interval" for VF_POLL_INTERVAL; "" where there is no flag.
[[nodiscard]] std::string flag_of(const Option& option);

}  // namespace vf::agent
