// OptionsShown: the options as an operator gave them, for whoever asks the agent: no secret is among them. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace vf::agent {

struct ShownOption {
  std::string name;
  std::string value;   ///< as given, or the default; "***" where the option is secret, "" where there is none
  bool given = false;  ///< else it is the default
};

/// `arguments`: without the program's name.
[[nodiscard]] std::vector<ShownOption> shown_options(const std::vector<std::string>& arguments,
                                                     const std::map<std::string, std::string>& environment);

}  // namespace vf::agent
