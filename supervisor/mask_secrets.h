// MaskSecrets: what a program prints about its configuration quotes it, and with it the secrets that were put in.
// Pure, any thread.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace vf::supervisor {

/// Shorter values are masked only where they stand in quotes of their own ("abc", 'abc', `abc`): they are parts of any
/// text, and masking them everywhere would leave nothing to read.
inline constexpr std::size_t min_masked_bytes = 4;
/// Shorter lines of a value of several lines are masked only as a part of the whole: "}" is no secret.
inline constexpr std::size_t min_masked_line_bytes = 8;

/// `text` with `***` for every occurrence of a secret's value: as it is, without blanks around it, as JSON, YAML and
/// Rust escape it, and each of its lines. Occurrences that overlap or touch become one `***`. The map is from names to
/// values, of which empty ones are nothing. Costs one search of the text a value: not for the hot path.
[[nodiscard]] std::string mask_secrets(std::string text, const std::map<std::string, std::string>& secrets);

/// The same for many texts: what is searched for is worked out once.
class SecretMask {
 public:
  SecretMask() = default;
  explicit SecretMask(const std::map<std::string, std::string>& secrets);

  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  [[nodiscard]] std::string apply(std::string text) const;

 private:
  std::set<std::string> patterns_;
};

}  // namespace vf::supervisor
