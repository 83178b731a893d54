// The node token on disk: <VF_DATA_DIR>/node-token, 0600, in a directory of 0700. Blocking: at start and on workers.
#pragma once

#include <string>

#include "supervisor/result.h"

namespace vf::agent::vectorflow {

[[nodiscard]] std::string node_token_path(const std::string& data_dir);

/// The trimmed token; "" where there is no file or an empty one; an Error where there is one that cannot be read.
[[nodiscard]] Result<std::string> load_node_token(const std::string& data_dir);

[[nodiscard]] Status store_node_token(const std::string& data_dir, const std::string& token);

}  // namespace vf::agent::vectorflow
