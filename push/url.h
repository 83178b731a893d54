// Url: an absolute http(s) URL, taken apart strictly. Whatever two parsers could read differently (user info,
// backslashes, blanks, control bytes, non-ASCII, percent signs in the host) is refused rather than guessed at,
// because the answer decides who is sent the node's token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vf::push {

struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string host;        ///< lower case; an IPv6 address without brackets, in its canonical spelling
  std::uint16_t port = 0;  ///< the scheme's own where the text names none
  std::string target;      ///< path and query as written, without the fragment; begins with '/'

  [[nodiscard]] bool is_ipv6() const { return host.find(':') != std::string::npos; }
  /// As a Host header says it: brackets around IPv6, the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// scheme://authority
  [[nodiscard]] std::string origin() const { return scheme + "://" + authority(); }
};

/// nullopt: not an absolute http(s) URL, or one of the doubtful spellings above. At most 8192 bytes are accepted.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// Same scheme, host and port: who may be sent what was meant for the other.
[[nodiscard]] bool same_origin(const Url& a, const Url& b);

}  // namespace vf::push
