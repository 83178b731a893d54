// Which servers are reached without the proxy, by `no_proxy` as Go reads it (golang.org/x/net/http/httpproxy).
#pragma once

#include <string_view>

#include "push/url.h"

namespace vf::agent {

/// `no_proxy` is comma-separated: `*` (everything), an address, a CIDR block, or a domain. `a.b` means a.b and all
/// below it,
/// `.a.b` and `*.a.b` only what is below. Address and domain may name a port: then only that port is meant. What is
/// none of these matches nothing. `localhost` and loopback addresses are never proxied, whatever it says.
[[nodiscard]] bool is_not_proxied(const push::Url& target, std::string_view no_proxy);

}  // namespace vf::agent
