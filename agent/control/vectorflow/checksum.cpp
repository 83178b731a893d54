#include "agent/control/vectorflow/checksum.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "agent/control/vectorflow/json_writer.h"

namespace vf::agent::vectorflow {

namespace {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // Fails only where OpenSSL was set up without SHA-256, and then nothing of TLS works either.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();

  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{size} * 2);
  for (unsigned i = 0; i < size; ++i) {
    text += hex[digest[i] >> 4];
    text += hex[digest[i] & 0xF];
  }
  return text;
}

}  // namespace

std::string expected_checksum(std::string_view yaml, const std::map<std::string, std::string>& secrets) {
  if (secrets.empty()) return sha256_hex(yaml);
  std::string input(yaml);
  JsonWriter json(input);
  json.begin_object();
  for (const auto& [name, value] : secrets) {
    json.text_key(name);
    json.text(value);
  }
  json.end_object();
  return sha256_hex(input);
}

bool is_sha256_hex(std::string_view checksum) {
  constexpr std::string_view digits = "0123456789abcdef";
  return checksum.size() == 64 && checksum.find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace vf::agent::vectorflow
