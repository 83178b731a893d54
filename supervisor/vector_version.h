// VectorVersion: what `vector --version` said, and what the agent does differently because of it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace vf::supervisor {

struct VectorVersion {
  int major = 0, minor = 0, patch = 0;
  friend auto operator<=>(const VectorVersion&, const VectorVersion&) = default;

  [[nodiscard]] std::string to_string() const;
};

/// Reads "vector 0.54.0 (x86_64-unknown-linux-gnu …)"; empty where the text is something else.
[[nodiscard]] std::optional<VectorVersion> parse_vector_version(std::string_view text);

}  // namespace vf::supervisor
