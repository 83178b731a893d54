// How long something took, for people: "0.4 s", "59.9 s", "3 min 20 s", "2 h 5 min", "12 d 3 h". Pure.
#pragma once

#include <chrono>
#include <string>

namespace vf::supervisor {

/// Two units at most, rounded down but for tenths of a second; what is negative reads as "0.0 s".
[[nodiscard]] std::string in_words(std::chrono::steady_clock::duration duration);

}  // namespace vf::supervisor
