#include "agent/option_kinds.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "agent/go_duration.h"
#include "agent/shown_value.h"

namespace vf::agent {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_address(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 || ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::optional<std::size_t> number_in(const Reading& reading, const char* no_number, std::size_t least,
                                     std::size_t most) {
  const std::string_view text = reading.text;
  const bool all_digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (all_digits && error == std::errc() && number >= least && number <= most) return number;
  reading.mistake(all_digits ? "out of range" : no_number);
  return std::nullopt;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

void read_text(const Reading& reading, std::string& into) {
  into = reading.text;
}

void read_duration(const Reading& reading, std::chrono::milliseconds least, std::chrono::milliseconds most,
                   std::chrono::milliseconds& into) {
  const auto duration = parse_go_duration(reading.text);
  if (!duration) return reading.mistake(duration.error().reason);
  if (duration.value().count() < 0) return reading.mistake("negative");
  if (duration.value() < least) return reading.mistake("too short");
  if (duration.value() > most) return reading.mistake("too long");
  into = std::chrono::duration_cast<std::chrono::milliseconds>(duration.value());
}

void read_port(const Reading& reading, std::uint16_t least, std::uint16_t most, std::uint16_t& into) {
  const std::string_view text = reading.text;
  if (text.starts_with("tcp://") || text.starts_with("udp://")) {
    return reading.mistake(
        "this is what Kubernetes sets for a Service of that name; put enableServiceLinks: false into the pod's spec");
  }
  if (const auto number = number_in(reading, "not a port number", least, most))
    into = static_cast<std::uint16_t>(*number);
}

void read_count(const Reading& reading, std::size_t least, std::size_t most, std::size_t& into) {
  if (const auto number = number_in(reading, "not a number", least, most)) into = *number;
}

void read_bool(const Reading& reading, bool& into) {
  for (const std::string_view word : {"1", "t", "T", "true", "True", "TRUE"}) {
    if (reading.text == word) {
      into = true;
      return;
    }
  }
  for (const std::string_view word : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (reading.text == word) {
      into = false;
      return;
    }
  }
  reading.mistake("neither true nor false");
}

void read_address(const Reading& reading, std::string& into) {
  std::string text(reading.text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (is_address(text)) {
    into = text;
    return;
  }
  if (equal_ignoring_case(text, "localhost")) return reading.mistake("a name, not an address: write 127.0.0.1");
  if (const auto colon = text.rfind(':');
      colon != std::string::npos && text.find(':') == colon && (colon == 0 || is_address(text.substr(0, colon)))) {
    return reading.mistake("holds a port, which belongs into VF_METRICS_PORT");
  }
  reading.mistake("not an IP address");
}

void read_endpoint(const Reading& reading, std::string& address, std::uint16_t& port) {
  const std::string_view text = reading.text;
  if (text.find("://") != std::string_view::npos) return reading.mistake("a URL, not an address and a port");
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && (!text.starts_with('[') || text[colon - 1] == ']') &&
                        (text.starts_with('[') || text.find(':') == colon);
  if (!has_port) {
    if (text.find_first_not_of("0123456789") == std::string_view::npos)
      return reading.mistake("a port alone: write 127.0.0.1:" + std::string(text));
    return reading.mistake(is_address(std::string(text)) && text.find(':') != std::string_view::npos
                               ? "an IPv6 address without brackets"
                               : "without a port");
  }
  std::string host(text.substr(0, colon));
  if (equal_ignoring_case(host, "localhost")) host = "127.0.0.1";
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return reading.mistake("without an address: 127.0.0.1 is for this machine alone");
  if (!is_address(host)) return reading.mistake("a name, not an address: write 127.0.0.1, or the machine's own");
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return reading.mistake("its port is no number from 0 to 65535");
  address = host;
  port = number;
}

void read_public_key(const Reading& reading, std::string& into) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // 32 bytes are 42 characters, one more whose last two bits are zero, and one '='.
  constexpr std::string_view kLastCharacters = "AEIMQUYcgkosw048";
  const std::string_view text = reading.text;
  if (text.find("BEGIN") != std::string_view::npos) {
    return reading.mistake("this is a PEM block, not the raw key");
  }
  const bool right = text.size() == 44 && text.substr(0, 43).find_first_not_of(kAlphabet) == std::string_view::npos &&
                     kLastCharacters.find(text[42]) != std::string_view::npos && text[43] == '=';
  if (!right) return reading.mistake("not the base64 of 32 bytes");
  into = text;
}

void read_token(const Reading& reading, std::string_view token) {
  constexpr std::size_t kLongest = 4096;
  const auto printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (token.empty()) return reading.mistake("holds no token");
  if (token.size() > kLongest) return reading.mistake("longer than any token");
  if (!std::all_of(token.begin(), token.end(), printable)) {
    return reading.mistake("the token holds white space, control characters or letters outside ASCII");
  }
  if (token.starts_with('"') || token.starts_with('\'')) {
    return reading.mistake("the token stands in quotes, which became part of it");
  }
  if (token.starts_with("vf_node_")) {
    reading.warning("this looks like a node token; a node enrolls with an enrollment token, vf_enroll_...");
  }
  reading.options.token = token;
}

}  // namespace vf::agent
