#include "agent/local/page_access.h"

#include <arpa/inet.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>

#include "agent/base64.h"

namespace vf::agent {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view scheme = "Bearer ";

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == npos;
}

std::string digest_of(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return "'sha256-" + encode_base64({reinterpret_cast<const char*>(digest), sizeof digest}) + "'";
}

}  // namespace

bool is_own_host(std::string_view host, std::string_view machine_name) {
  if (host.find('\0') != npos) return false;  // inet_pton() would see what is before it
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == npos) return false;
    const std::string_view rest = host.substr(end + 1);
    in6_addr address{};
    return (rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)))) &&
           ::inet_pton(AF_INET6, std::string(host.substr(1, end - 1)).c_str(), &address) == 1;
  }
  const std::size_t colon = host.find(':');
  if (colon != npos && !is_port(host.substr(colon + 1))) return false;
  const std::string name = lower_case(host.substr(0, colon));
  in_addr address{};
  return name == "localhost" || (!machine_name.empty() && name == lower_case(machine_name)) ||
         ::inet_pton(AF_INET, name.c_str(), &address) == 1;
}

bool is_same_secret(std::string_view given, std::string_view secret) {
  unsigned different = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const char other = given.empty() ? '\0' : given[i % given.size()];
    different |= static_cast<unsigned>(static_cast<unsigned char>(secret[i]) ^ static_cast<unsigned char>(other));
  }
  return different == 0;
}

std::optional<LocalAnswer> refusal(const LocalRequest& request, const PageAccess& access, bool needs_token) {
  if (!is_own_host(request.host, access.machine_name))
    return error_answer(403,
                        "the page is served to an IP address, localhost or the name of this machine only: use one in "
                        "the address");
  const std::string host = lower_case(request.host);
  const std::string origin = lower_case(request.origin);
  if (!origin.empty() && origin != "http://" + host && origin != "https://" + host)
    return error_answer(403, "another site's page may not ask this agent");
  if (!needs_token) return std::nullopt;
  const std::string_view given = request.authorization;
  if (given.starts_with(scheme) && is_same_secret(given.substr(scheme.size()), access.token)) return std::nullopt;
  LocalAnswer answer = error_answer(
      401,
      "this needs the token: open the address that the agent printed at its start, or take the token from the file "
      "ui-token in its data directory");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

std::string content_security_policy(std::string_view style, std::string_view script) {
  return "default-src 'none'; style-src " + digest_of(style) + "; script-src " + digest_of(script) +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
         "require-trusted-types-for 'script'; trusted-types 'none'";
}

}  // namespace vf::agent
