// Invocation: one command as it was asked for. What client_commands.cpp makes of a command line.
#pragma once

#include <charconv>
#include <map>
#include <string>
#include <vector>

namespace vf::agent {

/// A command's exit code.
namespace exit_code {
inline constexpr int done = 0;
inline constexpr int failed = 1;         ///< refused, or it could not be done; of `status`: something is not well
inline constexpr int unreachable = 2;    ///< no agent answers
inline constexpr int usage = 64;         ///< sysexits' EX_USAGE
inline constexpr int interrupted = 130;  ///< by Ctrl-C, as shells have it
}  // namespace exit_code

struct Invocation {
  std::map<std::string, std::vector<std::string>> given;  ///< by Parameter::key(); what has no value: an empty list
  std::map<std::string, std::string> environment;
  std::string data_dir;  ///< --data-dir, VF_DATA_DIR or its default

  [[nodiscard]] bool has(const std::string& key) const { return given.contains(key); }
  /// The value, or `otherwise` where it was not given.
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = given.find(key);
    return found == given.end() || found->second.empty() ? otherwise : found->second.back();
  }
  /// Parsing has made sure that it is a number.
  [[nodiscard]] std::uint64_t number(const std::string& key, std::uint64_t otherwise) const {
    const std::string digits = text(key);
    std::uint64_t value = otherwise;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  /// The variable, or `otherwise` where it is not set or empty.
  [[nodiscard]] std::string variable(const std::string& name, const std::string& otherwise = "") const {
    const auto found = environment.find(name);
    return found == environment.end() || found->second.empty() ? otherwise : found->second;
  }
};

}  // namespace vf::agent
