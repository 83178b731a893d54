// Readers of comma-separated lists. White space around an item and empty items (a trailing comma) do no harm. Pure; see
// Reading.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/option_reading.h"

namespace vf::agent {

/// key=value items: each key once and not empty, key and value at most 100 characters (UTF-16 units, as the server
/// counts; POST /api/agent/enroll) of valid UTF-8 without control characters. A value may be empty or hold '='.
void read_labels(const Reading& reading, std::map<std::string, std::string>& into);

/// Names of environment variables, each [A-Za-z_][A-Za-z0-9_]*, or their beginning with one '*' after it (PREFIX_*).
void read_env_allow(const Reading& reading, std::vector<std::string>& into);

}  // namespace vf::agent
