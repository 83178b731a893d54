#include "agent/option_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/option_paths.h"
#include "agent/shown_value.h"

namespace vf::agent {
namespace {

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// `host` without the brackets of an IPv6 literal.
std::string_view bare(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

/// What is wrong with host and port; "" where nothing is.
std::string authority_problem(const UrlParts& url) {
  if (url.host.empty()) return "names no host";
  if (url.host.starts_with('[')) {
    in6_addr address{};
    if (::inet_pton(AF_INET6, std::string(bare(url.host)).c_str(), &address) != 1) {
      return "there is no IPv6 address between the brackets";
    }
  } else if (url.host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") != std::string::npos) {
    return "the host " + shown_value(url.host) + " holds a character that no host name has (IPv6 goes into [brackets])";
  }
  if (url.port.empty() && !url.empty_port) return "";
  unsigned number = 0;
  const char* end = url.port.data() + url.port.size();
  const auto [stopped, error] = std::from_chars(url.port.data(), end, number);
  if (error != std::errc() || stopped != end || number == 0 || number > 65535) {
    return "its port is not a number from 1 to 65535";
  }
  return "";
}

void read_web_url(const Reading& reading, const UrlParts& url) {
  if (!url.user.empty()) {
    return reading.mistake("holds a user name or password, which is not how the agent signs in; leave it out");
  }
  if (url.query) return reading.mistake("holds a '?' or '#'; leave it out with all that follows");
  if (const std::string problem = authority_problem(url); !problem.empty()) return reading.mistake(problem);
  // What RFC 3986 lets stand in a path, '%' for what is encoded already.
  constexpr std::string_view kPath =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/";
  if (const std::size_t at = url.path.find_first_not_of(kPath); at != std::string::npos) {
    return reading.mistake("its path holds " + shown_value(url.path.substr(at, 1)) + ", which must be written as %XX");
  }
  const std::size_t last = url.path.find_last_not_of('/');
  const std::string path = last == std::string::npos ? "" : url.path.substr(0, last + 1);
  reading.options.url = url.scheme + "://" + url.host + (url.port.empty() ? "" : ":" + url.port) + path;
  if (url.scheme == "http" && !is_loopback(url.host)) {
    reading.warning("the node's token travels in clear and can be read on the way; use https");
  }
}

void read_folder_url(const Reading& reading, const UrlParts& url) {
  const bool here =
      url.user.empty() && url.port.empty() && !url.empty_port && (url.host.empty() || url.host == "localhost");
  if (!here) return reading.mistake("an absolute path has three slashes, as in file:///etc/vf-agent/pipelines");
  if (url.query) return reading.mistake("holds a '?' or '#'; in the name of a folder write %3F or %23");
  const auto decoded = percent_decoded(url.path);
  if (!decoded) return reading.mistake("a '%' must be followed by two hex digits other than 00; write %25 for a '%'");
  if (has_dot_dot(*decoded)) return reading.mistake("holds '..'");
  const std::string folder = clean_path(*decoded);
  if (folder.empty() || folder == "/") return reading.mistake("names no folder");
  reading.options.directory = folder;
  reading.options.url = "file://" + folder;
}

}  // namespace

std::optional<UrlParts> split_url(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  UrlParts parts;
  parts.scheme = lowered(url.substr(0, colon));
  std::string_view rest = url.substr(colon + 3);
  if (const std::size_t query = rest.find_first_of("?#"); query != std::string_view::npos) {
    parts.query = true;
    rest = rest.substr(0, query);
  }
  std::string_view authority = rest.substr(0, std::min(rest.find('/'), rest.size()));
  parts.path = rest.substr(authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    parts.user = authority.substr(0, at + 1);  // the '@' too: an empty user is one as well
    authority.remove_prefix(at + 1);
  }
  // The colon of the port stands after the bracket of an IPv6 literal.
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t port = bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
  if (port != std::string_view::npos) {
    parts.port = authority.substr(port + 1);
    parts.empty_port = parts.port.empty();
    authority = authority.substr(0, port);
  }
  parts.host = lowered(authority);
  return parts;
}

bool is_loopback(std::string_view host) {
  const std::string name(bare(host));
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, name.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    unsigned byte = 0;
    const char* const end = text.data() + i + 3;
    const auto [stopped, error] = std::from_chars(text.data() + i + 1, end, byte, 16);
    if (error != std::errc() || stopped != end || byte == 0) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

void read_url(const Reading& reading) {
  if (looks_like_token(reading.text)) return reading.mistake("this is a token, which belongs into VF_TOKEN");
  if (reading.text.starts_with('/')) {
    return reading.mistake("for a folder write file://" + std::string(reading.text));
  }
  const auto url = split_url(reading.text);
  if (!url) return reading.mistake("has no scheme such as https://");
  if (url->scheme == "file") return read_folder_url(reading, *url);
  if (url->scheme == "http" || url->scheme == "https") return read_web_url(reading, *url);
  reading.mistake("the scheme " + shown_value(url->scheme) + " is not known");
}

Result<std::string> normal_proxy(std::string_view text) {
  const auto refused = [](std::string why) { return Error{"read the proxy", std::move(why), 0}; };
  const bool bare_host = text.find("://") == std::string_view::npos;
  const auto proxy = split_url(bare_host ? "http://" + std::string(text) : std::string(text));
  if (!proxy) return refused("has no scheme");
  if (proxy->scheme != "http") return refused("the agent speaks to no " + shown_value(proxy->scheme) + " proxy");
  if (std::string problem = authority_problem(*proxy); !problem.empty()) return refused(std::move(problem));
  if (proxy->query || (!proxy->path.empty() && proxy->path != "/")) return refused("something follows host and port");
  return "http://" + proxy->user + proxy->host + (proxy->port.empty() ? "" : ":" + proxy->port);
}

}  // namespace vf::agent
