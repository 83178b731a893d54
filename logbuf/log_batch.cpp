#include "logbuf/log_batch.h"

namespace vf::logbuf {
namespace {

constexpr std::size_t kBlock = 32;

/// Bytes that JSON needs for `c` beyond one. A control character counts as \u0009, though a tab may do with \t.
constexpr unsigned char escape_of(char c) {
  const bool escaped = (c == '"') | (c == '\\');
  const bool control = static_cast<unsigned char>(c) < 0x20;
  return static_cast<unsigned char>(escaped + 5 * control);
}

/// A loop of a known length: gcc's -O2 vectorises no other. 32 * 5 fits in a byte.
std::size_t escapes_in_block(const char* bytes) {
  unsigned char extra = 0;
  for (std::size_t i = 0; i < kBlock; ++i) extra = static_cast<unsigned char>(extra + escape_of(bytes[i]));
  return extra;
}

}  // namespace

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
  std::size_t i = 0;
  for (; i + kBlock <= text.size(); i += kBlock) size += escapes_in_block(text.data() + i);
  for (; i < text.size(); ++i) size += escape_of(text[i]);
  return size;
}

std::size_t json_size_of_empty_entry(std::string_view pipeline_id) {
  return std::string_view(R"({"pipelineId":,"lines":[]},)").size() + json_size(pipeline_id);
}

}  // namespace vf::logbuf
