// PageAccess: who may ask the page's listener (docs/local-api.md). A web page of somebody else's, open in the same
// browser, must get nothing: neither over its own name that leads here (DNS rebinding: Host), nor across origins
// (Origin, and no CORS), nor without the token. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/local/local_message.h"

namespace vf::agent {

struct PageAccess {
  std::string token;         ///< of hexadecimal digits, never empty
  std::string machine_name;  ///< "" where it is not known
};

/// The error that answers a request which must not be heard, 401 or 403; nothing where it may.
[[nodiscard]] std::optional<LocalAnswer> refusal(const LocalRequest& request, const PageAccess& access,
                                                 bool needs_token);

/// A Host field, with or without a port, that no name server has a say in: an IP address, localhost or this machine.
[[nodiscard]] bool is_own_host(std::string_view host, std::string_view machine_name);

/// Takes the same time wherever they differ.
[[nodiscard]] bool is_same_secret(std::string_view given, std::string_view secret);

/// For a page whose style and script stand in it: what is between their tags, each allowed by its digest.
[[nodiscard]] std::string content_security_policy(std::string_view style, std::string_view script);

}  // namespace vf::agent
