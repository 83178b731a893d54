// `vector tap`: connects to a stand-in's API and prints made-up events of the components that match, in the dialect of
// its version. As with the real one, the two sides must be of one kind (GraphQL or gRPC) and the URL of the right form;
// patterns match ids of outputs; of more than --limit events an --interval some are taken; a tap whose output is not
// read neither takes a signal nor keeps its Vector waiting, and loses events without a word.
#pragma once

#include "tests/support/standin_vector/command_line.h"

namespace standin {

int tap(const TapOptions& options, const Dialect& dialect);

}  // namespace standin
