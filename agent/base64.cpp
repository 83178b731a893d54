#include "agent/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace vf::agent {

namespace {

constexpr std::uint8_t foreign = 0xFF;

constexpr auto values = [] {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> table{};
  table.fill(foreign);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);

  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;  // how many low bits of `bits` wait for a byte to be full
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<unsigned char>(c)];
    if (value == foreign) return std::nullopt;
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>((bits >> held) & 0xFF);
    }
  }
  const std::uint32_t left_over = bits & ((1u << held) - 1);
  if (left_over != 0) return std::nullopt;
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::size_t block = 3 << 20;  // EVP_EncodeBlock counts in int; whole groups of three need no padding
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::string encoded((std::min(bytes.size(), block) + 2) / 3 * 4 + 1, '\0');  // and the NUL it appends
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, block);
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size()));
    text.append(encoded, 0, static_cast<std::size_t>(length));
    bytes.remove_prefix(part.size());
  }
  return text;
}

}  // namespace vf::agent
