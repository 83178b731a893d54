#include "push/push_url.h"

#include "push/url.h"

namespace vf::push {

std::string fallback_push_url(std::string_view base_url) {
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return std::string(base_url) + "/api/agent/push";
}

std::string choose_push_url(std::string_view base_url, std::string_view offered_url) {
  const auto base = parse_url(base_url);
  const auto offered = parse_url(offered_url);
  if (base && offered && same_origin(*base, *offered)) return offered->origin() + offered->target;
  return fallback_push_url(base_url);
}

}  // namespace vf::push
