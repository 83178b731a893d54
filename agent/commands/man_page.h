// The man page vf-agent(1), from the tables of commands and of options. Pure.
#pragma once

#include <string>

namespace vf::agent {

/// As roff with the man macros, ASCII. docs/vf-agent.1 is this; `vf-agent man-page` prints it.
[[nodiscard]] std::string man_page();

}  // namespace vf::agent
