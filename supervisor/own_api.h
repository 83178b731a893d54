// The pipeline's own `api:` section. Vector merges the two files it is given and refuses two different API addresses;
// 0.55 and later refuse `api.graphql` and `api.playground` altogether. The agent must reach the API on its own port,
// and copies of one address in several pipelines would meet on one port anyway: so the sidecar's section replaces it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vf::supervisor {

/// The text without its top-level `api` section, otherwise byte for byte as it was, in block style as in flow style
/// ({…}, JSON); empty where there is none to take out, or where the text is not YAML: Vector's own words will tell.
[[nodiscard]] std::optional<std::string> without_own_api(std::string_view yaml);

}  // namespace vf::supervisor
