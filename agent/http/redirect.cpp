#include "agent/http/redirect.h"

#include <algorithm>

namespace vf::agent {

bool is_request_target(std::string_view target) {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::optional<std::string> redirect_target(const push::Url& from, std::string_view location) {
  location = location.substr(0, location.find('#'));
  if (location.starts_with('/') && !location.starts_with("//")) {
    if (!is_request_target(location)) return std::nullopt;
    return std::string(location);
  }
  const std::string absolute =
      location.starts_with("//") ? from.scheme + ":" + std::string(location) : std::string(location);
  const auto to = push::parse_url(absolute);
  if (!to || !push::same_origin(from, *to)) return std::nullopt;
  return to->target;
}

}  // namespace vf::agent
