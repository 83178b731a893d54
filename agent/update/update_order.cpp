#include "agent/update/update_order.h"

#include <algorithm>

#include "agent/base64.h"
#include "agent/update/ed25519.h"
#include "push/url.h"

namespace vf::agent {
namespace {

constexpr std::string_view program = "vf-agent ";

Error refused(std::string reason) {
  return Error{"update", std::move(reason), 0};
}

std::string_view bare(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  return version;
}

bool is_version(std::string_view text) {
  constexpr std::size_t longest = 100;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '+';
  });
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

std::optional<Sha256> digest_in(std::string_view checksum) {
  constexpr std::string_view prefix = "sha256:";
  if (checksum.starts_with(prefix)) checksum.remove_prefix(prefix.size());
  Sha256 digest{};
  if (checksum.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = hex_digit(checksum[2 * i]);
    const auto low = hex_digit(checksum[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return digest;
}

/// What is wrong with the signature; "": nothing.
std::string problem_of_signature(const UpdateOrder& order, const Sha256& digest, const std::string& public_key) {
  if (order.signature.empty()) return "the update is not signed, and VF_UPDATE_PUBLIC_KEY asks for that";
  const auto signature = decode_base64(order.signature);
  const auto key = decode_base64(public_key);
  const std::string_view signed_bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  if (!signature || !key || !is_signed_by(*key, signed_bytes, *signature))
    return "the signature is not of the key in VF_UPDATE_PUBLIC_KEY";
  return "";
}

}  // namespace

bool is_same_version(std::string_view a, std::string_view b) {
  return bare(a) == bare(b);
}

std::string version_in(std::string_view printed) {
  if (!printed.starts_with(program)) return "";
  printed.remove_prefix(program.size());
  const std::string_view version = printed.substr(0, printed.find_first_of("\r\n "));
  return is_version(version) ? std::string(version) : "";
}

Result<std::optional<Update>> vet(const UpdateOrder& order, const UpdateRules& rules) {
  if (is_same_version(order.target_version, rules.running)) return std::optional<Update>();
  if (rules.in_container) return refused("running in Docker");
  if (!is_version(order.target_version)) return refused("the target is not the name of a version");
  const auto url = push::parse_url(order.download_url);
  if (!url || url->scheme != "https") return refused("the download URL is not https://HOST/PATH");
  const auto digest = digest_in(order.checksum);
  if (!digest) return refused("the checksum is not sha256:<64 hex digits>");
  if (!rules.public_key.empty())
    if (std::string problem = problem_of_signature(order, *digest, rules.public_key); !problem.empty())
      return refused(std::move(problem));
  return std::optional<Update>({std::string(bare(order.target_version)), order.download_url, *digest});
}

}  // namespace vf::agent
