#include "agent/control/directory/content_checksum.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace vf::agent {

std::string content_checksum(std::string_view yaml, std::string_view env) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const bool done = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), yaml.data(), yaml.size()) == 1 &&
                    EVP_DigestUpdate(context.get(), env.data(), env.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), &length) == 1;
  if (!done) std::abort();  // SHA-256 of memory fails only where memory does
  constexpr const char* kHex = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 0xf];
  }
  return hex;
}

}  // namespace vf::agent
