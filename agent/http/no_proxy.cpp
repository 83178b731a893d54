#include "agent/http/no_proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace vf::agent {
namespace {

// An IPv4 address is held as the IPv6 address it maps to, so that one comparison serves both.
struct Address {
  std::array<unsigned char, 16> bytes{};
  bool v4 = false;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data() + 12) == 1) {
    address.bytes[10] = address.bytes[11] = 0xff;
    address.v4 = true;
    return address;
  }
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1) return std::nullopt;
  constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  address.v4 = std::equal(mapped.begin(), mapped.end(), address.bytes.begin());
  return address;
}

bool is_loopback(const Address& address) {
  if (address.v4) return address.bytes[12] == 127;
  constexpr std::array<unsigned char, 16> loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return address.bytes == loopback;
}

std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

// "10.0.0.0/8", "fd00::/8"
bool block_holds(std::string_view block, const Address& address) {
  const auto slash = block.find('/');
  const auto network = parse_address(std::string(block.substr(0, slash)));
  if (!network || network->v4 != address.v4) return false;
  auto bits = parse_number(block.substr(slash + 1), network->v4 ? 32 : 128);
  if (!bits) return false;
  const std::size_t prefix = *bits + (network->v4 ? 96U : 0U);
  for (std::size_t bit = 0; bit < prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((network->bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

// Takes ":port" or "]:port" off the end of an entry of no_proxy. false: a port that is none.
bool split_port(std::string& host, std::optional<unsigned>& port) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string::npos) return false;
    const std::string rest = host.substr(end + 1);
    host = host.substr(1, end - 1);
    if (rest.empty()) return true;
    port = rest.front() == ':' ? parse_number(std::string_view(rest).substr(1), 65535) : std::nullopt;
    return port.has_value();
  }
  const auto colon = host.find(':');
  if (colon == std::string::npos || host.find(':', colon + 1) != std::string::npos) return true;  // none, or bare IPv6
  port = parse_number(std::string_view(host).substr(colon + 1), 65535);
  host.resize(colon);
  return port.has_value();
}

bool entry_matches(std::string entry, const push::Url& target, const std::optional<Address>& address) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string::npos) return address && block_holds(entry, *address);
  std::optional<unsigned> port;
  if (!split_port(entry, port) || entry.empty()) return false;
  if (port && *port != target.port) return false;
  const auto excluded = parse_address(entry);
  if (excluded || address) return excluded && address && excluded->bytes == address->bytes;
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (entry.starts_with('.')) return target.host.ends_with(entry);
  return target.host == entry || target.host.ends_with("." + entry);
}

}  // namespace

bool is_not_proxied(const push::Url& target, std::string_view no_proxy) {
  const auto address = parse_address(target.host);
  if (target.host == "localhost" || (address && is_loopback(*address))) return true;
  while (!no_proxy.empty()) {
    std::string entry(no_proxy.substr(0, no_proxy.find(',')));
    no_proxy.remove_prefix(std::min(entry.size() + 1, no_proxy.size()));
    std::erase_if(entry, [](char c) { return c == ' ' || c == '\t'; });
    std::transform(entry.begin(), entry.end(), entry.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (!entry.empty() && entry_matches(std::move(entry), target, address)) return true;
  }
  return false;
}

}  // namespace vf::agent
