// `vector validate`: prints to stdout as the real one does, exit 0 or 78.
#pragma once

#include "tests/support/standin_vector/command_line.h"

namespace standin {

int validate(const CommandLine& line, const Dialect& dialect);

}  // namespace standin
