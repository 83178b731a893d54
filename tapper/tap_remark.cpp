#include "tapper/tap_remark.h"

namespace vf::tapper {
namespace {

/// What stands between the first single quote and the one before `after`.
std::string quoted(std::string_view line, std::string_view after) {
  const std::size_t begin = line.find('\'');
  const std::size_t end = line.find(after);
  if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin) return "";
  return std::string(line.substr(begin + 1, end - begin - 1));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TapRemark read_remark(std::string_view line) {
  if (contains(line, "sink outputs cannot be tapped")) return {TapRemark::Kind::is_sink, quoted(line, "' matches")};
  if (contains(line, "' failed to match")) return {TapRemark::Kind::unmatched, quoted(line, "' failed to match")};
  if (contains(line, "' successfully matched")) return {TapRemark::Kind::matched, quoted(line, "' successfully")};
  if (contains(line, "message length too large")) return {TapRemark::Kind::too_large, ""};
  if (contains(line, " INFO ")) return {TapRemark::Kind::noise, ""};
  return {TapRemark::Kind::other, ""};
}

}  // namespace vf::tapper
