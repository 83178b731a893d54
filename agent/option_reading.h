// Reading: one given value on its way into Options, and the words in which a mistake is told. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/option_files.h"
#include "agent/options.h"

namespace vf::agent {

/// What a reader of a value (option_kinds.h, option_lists.h, option_paths.h, option_url.h) is handed. It either stores
/// into `options` or adds at least one mistake, and leaves the default in place then.
struct Reading {
  std::string_view who;    ///< what a message names: "VF_POLL_INTERVAL", or "--poll-interval" where the flag was given
  std::string_view text;   ///< the value; white space around it is dropped already
  std::string_view takes;  ///< the table's words for what would be right
  bool secret;             ///< the value itself never appears in a message
  const OptionFiles& files;
  Options& options;
  std::vector<std::string>& mistakes;
  std::vector<std::string>& warnings;

  /// `<who> is "<value>": <why>; it takes <takes>`, without the value where that is secret.
  void mistake(std::string_view why) const;
  /// `<who> is "<value>": <what>`, without the value where that is secret.
  void warning(std::string_view what) const;

 private:
  [[nodiscard]] std::string subject() const;
};

/// `text` without the white space around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace vf::agent
