// Which URL the push stream is opened at. The server builds the offered one from request headers, so a proxy can spoil
// it, and the stream carries the node's token: only an URL of the control plane's own origin is believed.
#pragma once

#include <string>
#include <string_view>

namespace vf::push {

/// <VF_URL>/api/agent/push. `base_url` is VF_URL; a trailing '/' is ignored.
[[nodiscard]] std::string fallback_push_url(std::string_view base_url);

/// `offered_url` (the config response's `pushUrl`; may be "") where its scheme, host and port equal those of
/// `base_url`, otherwise fallback_push_url(base_url).
[[nodiscard]] std::string choose_push_url(std::string_view base_url, std::string_view offered_url);

}  // namespace vf::push
