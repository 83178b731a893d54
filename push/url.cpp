#include "push/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace vf::push {
namespace {

constexpr std::size_t max_url_bytes = 8192;
constexpr std::size_t max_host_bytes = 253;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

std::optional<std::uint16_t> default_port(std::string_view scheme) {
  if (scheme == "http") return std::uint16_t{80};
  if (scheme == "https") return std::uint16_t{443};
  return std::nullopt;
}

// "[::1]" and "[0:0::1]" are one host: both become "::1".
std::optional<std::string> canonical_ipv6(const std::string& text) {
  in6_addr address{};
  char spelled[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  if (inet_ntop(AF_INET6, &address, spelled, sizeof spelled) == nullptr) return std::nullopt;
  return std::string(spelled);
}

// Takes the host from the front of `authority`, leaving "" or ":port".
std::optional<std::string> take_host(std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string inside(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
    return canonical_ipv6(inside);
  }
  std::string host(authority.substr(0, authority.find(':')));
  authority.remove_prefix(host.size());
  std::transform(host.begin(), host.end(), host.begin(), lower);
  if (host.empty() || host.size() > max_host_bytes) return std::nullopt;
  if (!std::all_of(host.begin(), host.end(), is_host_byte)) return std::nullopt;
  return host;
}

}  // namespace

std::string Url::authority() const {
  std::string text = is_ipv6() ? "[" + host + "]" : host;
  if (default_port(scheme) != port) text += ":" + std::to_string(port);
  return text;
}

std::optional<Url> parse_url(std::string_view text) {
  if (text.size() > max_url_bytes) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '\\'; })) {
    return std::nullopt;
  }
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = text.substr(0, colon);
  std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), lower);
  const auto port = default_port(url.scheme);
  if (!port) return std::nullopt;
  url.port = *port;

  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  url.target = rest.substr(authority_end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");

  auto host = take_host(authority);
  if (!host) return std::nullopt;
  url.host = std::move(*host);
  if (authority.empty() || authority == ":") return url;  // RFC 3986: an empty port is the scheme's own
  if (authority.front() != ':') return std::nullopt;
  const char* const end = authority.data() + authority.size();
  const auto [parsed_to, fault] = std::from_chars(authority.data() + 1, end, url.port);
  if (fault != std::errc{} || parsed_to != end || url.port == 0) return std::nullopt;
  return url;
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

}  // namespace vf::push
