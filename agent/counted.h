// "1 pipeline", "2 pipelines".
#pragma once

#include <cstddef>
#include <string>

namespace vf::agent {

[[nodiscard]] inline std::string counted(std::size_t count, const char* thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

}  // namespace vf::agent
