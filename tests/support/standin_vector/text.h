// Small text helpers that several parts of the stand-in share.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace standin {

/// "250ms", "20s", "1m30s", "1h", or a bare number of seconds ("2", "0.5").
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A JSON string with its quotes; also what Rust's {:?} prints for the strings that occur here.
std::string quote(std::string_view text);

/// ["a", "b"], as Rust prints a list of paths.
std::string quote_list(const std::vector<std::string>& items);

/// Now as Vector writes it: 2026-11-21T09:07:26.208920Z
std::string timestamp();

/// Writes everything, blocking as a real Vector does when nobody reads. False at an error (a closed pipe), which Vector
/// itself ignores.
bool write_all(int descriptor, std::string_view data);

}  // namespace standin
