#include "agent/shown_value.h"

namespace vf::agent {
namespace {

constexpr std::size_t kShownBytes = 80;
constexpr std::string_view kHidden = "***";

}  // namespace

/// Without scheme too: "user:password@host" is what people write into proxy variables.
std::string without_credentials(std::string_view value) {
  std::string shown(value);
  const std::size_t scheme = shown.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  // The last '@': a password may hold one itself, or a '/', '?' or '#' that should have been encoded.
  if (const std::size_t at = shown.rfind('@'); at != std::string::npos && at >= begin) {
    if (scheme != std::string::npos || shown.find(':') < at) shown.replace(begin, at - begin, kHidden);
  }
  if (scheme != std::string::npos) {
    if (const std::size_t query = shown.find_first_of("?#", begin); query != std::string::npos) {
      shown.replace(query + 1, std::string::npos, kHidden);
    }
  }
  return shown;
}

bool looks_like_token(std::string_view value) {
  return value.starts_with("vf_enroll_") || value.starts_with("vf_node_");
}

std::string shown_value(std::string_view value) {
  if (looks_like_token(value)) return "\"" + std::string(value.substr(0, value.find('_', 3) + 1)) + "***\"";
  const std::string plain = without_credentials(value);
  std::string shown = "\"";
  for (const char c : plain) {
    if (shown.size() > kShownBytes) return shown + "...\"";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e) {
      shown += c;
    } else {
      constexpr const char* kHex = "0123456789abcdef";
      shown += "\\x";
      shown += kHex[byte >> 4];
      shown += kHex[byte & 0xf];
    }
  }
  return shown + "\"";
}

}  // namespace vf::agent
