// UpdateOrder: what a control plane asks of the agent itself, and whether it may be done at all. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent {

/// As the wire has it (config response `pendingAction`, push `action`); nothing here has been looked at.
struct UpdateOrder {
  std::string target_version;
  std::string download_url;
  std::string checksum;   ///< "sha256:<hex>" or bare hex
  std::string signature;  ///< base64; "" where there is none
  friend bool operator==(const UpdateOrder&, const UpdateOrder&) = default;
};

using Sha256 = std::array<std::uint8_t, 32>;

/// An order that may be carried out.
struct Update {
  std::string version;
  std::string url;  ///< https
  Sha256 digest{};  ///< of the file
};

struct UpdateRules {
  std::string running;        ///< the version that runs
  bool in_container = false;  ///< the image is what is updated there
  std::string public_key;     ///< VF_UPDATE_PUBLIC_KEY: base64; "" asks for no signature
};

/// Nothing where the running version is the target. The Error's `reason` is what the server is told.
[[nodiscard]] Result<std::optional<Update>> vet(const UpdateOrder& order, const UpdateRules& rules);

/// The same x.y.z, whatever stands around it: "v1.2.3", "1.2.3".
[[nodiscard]] bool is_same_version(std::string_view a, std::string_view b);

/// What `vf-agent --version` printed, as in "1.2.3"; "" where it is no such line.
[[nodiscard]] std::string version_in(std::string_view printed);

}  // namespace vf::agent
