#include "logbuf/log_batch.h"

namespace vf::logbuf {

Outcome outcome_of(int status) {
  if (status >= 200 && status < 300) return Outcome::delivered;
  switch (status) {
    case 400:
    case 403:
      return Outcome::refused;
    case 413:
      return Outcome::too_large;
    default:
      return Outcome::retry;
  }
}

std::string dropped_marker(std::uint64_t lines) {
  return "… " + std::to_string(lines) + (lines == 1 ? " line dropped" : " lines dropped");
}

std::size_t json_size(std::string_view text) {
  std::size_t size = 2 + text.size();
  for (const char c : text) {
    size += static_cast<std::size_t>(c == '"') + static_cast<std::size_t>(c == '\\');
    size += static_cast<std::size_t>(static_cast<unsigned char>(c) < 0x20) * 5;  // \t as \u0009
  }
  return size;
}

std::size_t json_size_of_empty_entry(std::string_view pipeline_id) {
  return std::string_view(R"({"pipelineId":,"lines":[]},)").size() + json_size(pipeline_id);
}

}  // namespace vf::logbuf
