// Which proxy, if any, a request goes through, by the usual variables as Go reads them
// (golang.org/x/net/http/httpproxy), for that is what this agent's users are used to. Pure: the variables' values come
// in as arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "push/url.h"
#include "supervisor/result.h"

namespace vf::agent {

struct ProxySettings {
  std::string https_proxy;  ///< for https URLs: [http://][user:password@]host[:port]; "": none
  std::string http_proxy;   ///< for http URLs
  std::string no_proxy;     ///< see no_proxy.h
};

struct Proxy {
  std::string host;        ///< as in push::Url
  std::uint16_t port = 0;  ///< 80 where the URL names none
  std::string user;        ///< "": no credentials
  std::string password;    ///< secret
};

/// nullopt: straight to the target. `localhost` and loopback addresses never go through a proxy. An Error where the
/// proxy's own URL is not understood or is neither HTTP nor bare (https:// and socks5:// proxies are not supported); it
/// does not repeat the URL, which may hold a password.
[[nodiscard]] Result<std::optional<Proxy>> choose_proxy(const push::Url& target, const ProxySettings& settings);

}  // namespace vf::agent
