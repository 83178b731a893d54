// Readers of the plain kinds of values: durations, ports, choices, booleans, addresses, keys. Pure; see Reading.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "agent/option_reading.h"

namespace vf::agent {

/// A Go duration from `least` to `most`; a fraction of a millisecond is dropped.
void read_duration(const Reading& reading, std::chrono::milliseconds least, std::chrono::milliseconds most,
                   std::chrono::milliseconds& into);

/// A decimal number from `least` to `most`.
void read_port(const Reading& reading, std::uint16_t least, std::uint16_t most, std::uint16_t& into);

/// Likewise.
void read_count(const Reading& reading, std::size_t least, std::size_t most, std::size_t& into);

/// As Go's strconv.ParseBool: 1 t T true True TRUE, 0 f F false False FALSE.
void read_bool(const Reading& reading, bool& into);

/// An IPv4 or IPv6 literal, stored without brackets.
void read_address(const Reading& reading, std::string& into);

/// HOST:PORT, an IPv4 literal, an IPv6 one in brackets, or localhost, which is 127.0.0.1.
void read_endpoint(const Reading& reading, std::string& address, std::uint16_t& port);

/// Standard base64, padded, of exactly 32 bytes: a raw Ed25519 public key.
void read_public_key(const Reading& reading, std::string& into);

/// An enrollment token, checked for what no token holds (white space, quotes around it). Never shown.
void read_token(const Reading& reading, std::string_view token);

/// Any text.
void read_text(const Reading& reading, std::string& into);

/// Whether both are the same but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

/// One of a few words, in any case.
template <typename Value, std::size_t count>
void read_choice(const Reading& reading, const std::array<std::pair<std::string_view, Value>, count>& choices,
                 Value& into) {
  for (const auto& [word, value] : choices) {
    if (equal_ignoring_case(word, reading.text)) {
      into = value;
      return;
    }
  }
  reading.mistake("not one of the words known here");
}

}  // namespace vf::agent
