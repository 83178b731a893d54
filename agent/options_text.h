// What --help and docs/options.md say, made from the table. Pure.
#pragma once

#include <string>

namespace vf::agent {

/// For `vf-agent --help`: at most 80 columns, every option by section, examples at the end. ASCII.
[[nodiscard]] std::string help_text();

/// The page docs/options.md; `vf-agent options-reference` prints it.
[[nodiscard]] std::string options_reference();

}  // namespace vf::agent
