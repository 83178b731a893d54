// The reader of VF_URL (see Reading), and what is known of URLs in options. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/option_reading.h"

namespace vf::agent {

/// The parts of "scheme://user@host:port/path?query", as they were written.
struct UrlParts {
  std::string scheme;       ///< in lower case
  std::string user;         ///< user and password before '@'; "" where there is none
  std::string host;         ///< in lower case; an IPv6 literal keeps its brackets
  std::string port;         ///< "" where there is none
  std::string path;         ///< "" or beginning with '/'
  bool query = false;       ///< there is a '?' or '#' after the path
  bool empty_port = false;  ///< the host is followed by a ':' and nothing
};

/// Nothing where there is no "://" or no scheme before it.
[[nodiscard]] std::optional<UrlParts> split_url(std::string_view url);

/// "localhost", a name below it, 127.0.0.0/8 or ::1 (brackets around it do no harm).
[[nodiscard]] bool is_loopback(std::string_view host);

/// `text` with each %XX made the byte it stands for; nothing where a '%' is not followed by two hex digits, or by "00".
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// VF_URL into options.url (scheme and host in lower case, no '/' at the end) and, for file://, options.directory.
void read_url(const Reading& reading);

/// A proxy, http://[user:password@]host[:port] or the same without scheme, as this first form and without '/' at the
/// end.
[[nodiscard]] Result<std::string> normal_proxy(std::string_view text);

}  // namespace vf::agent
