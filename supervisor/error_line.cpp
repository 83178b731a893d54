#include "supervisor/error_line.h"

namespace vf::supervisor {

bool tells_error(std::string_view line) {
  if (line.starts_with('{')) return line.find("\"level\":\"ERROR\"") != std::string_view::npos;
  if (line.starts_with("thread '")) return line.find("' panicked at ") != std::string_view::npos;
  if (line.starts_with("error: ")) return true;
  // 2026-11-21T09:14:51.226809Z ERROR vector::topology::builder: …
  const std::size_t end_of_time = line.find(' ');
  if (end_of_time == std::string_view::npos || !line.starts_with("2")) return false;
  const std::size_t level = line.find_first_not_of(' ', end_of_time);
  return level != std::string_view::npos && line.substr(level).starts_with("ERROR ");
}

}  // namespace vf::supervisor
