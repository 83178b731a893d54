// Gzip: bytes as a .gz file, by zlib.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

[[nodiscard]] Result<std::string> gzip(std::string_view bytes);

}  // namespace vf::agent
