#include "agent/http/proxy.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "agent/http/no_proxy.h"

namespace vf::agent {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

Result<std::optional<Proxy>> parse_proxy(const std::string& text, const char* variable) {
  const auto refuse = [&](const char* reason) { return Error{std::string("use the proxy of ") + variable, reason, 0}; };
  std::string url = text.find("://") == std::string::npos ? "http://" + text : text;
  if (!url.starts_with("http://") && !url.starts_with("HTTP://")) return refuse("only http:// proxies are supported");
  constexpr std::size_t authority = 7;
  Proxy proxy;
  const auto end = std::min(url.find_first_of("/?#", authority), url.size());
  if (const auto at = url.rfind('@', end); at != std::string::npos && at < end && at >= authority) {
    const std::string_view user_info = std::string_view(url).substr(authority, at - authority);
    const auto colon = user_info.find(':');
    proxy.user = percent_decoded(user_info.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = percent_decoded(user_info.substr(colon + 1));
    url.erase(authority, at + 1 - authority);
  }
  const auto parsed = push::parse_url(url);
  if (!parsed) return refuse("it is no URL of the form http://[user:password@]host[:port]");
  proxy.host = parsed->host;
  proxy.port = parsed->port;
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace

Result<std::optional<Proxy>> choose_proxy(const push::Url& target, const ProxySettings& settings) {
  const bool https = target.scheme == "https";
  const std::string& proxy = https ? settings.https_proxy : settings.http_proxy;
  if (proxy.empty() || is_not_proxied(target, settings.no_proxy)) return std::optional<Proxy>();
  return parse_proxy(proxy, https ? "https_proxy" : "http_proxy");
}

}  // namespace vf::agent
