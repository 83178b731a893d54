// Where a redirect leads, and whether we go there: only within the origin, for a request carries the node's token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "push/url.h"

namespace vf::agent {

/// The path and query that `location` leads to from `from`. nullopt: it leads to another origin, or is not understood:
/// a path that does not begin with '/', or bytes that have no place in a request line.
[[nodiscard]] std::optional<std::string> redirect_target(const push::Url& from, std::string_view location);

/// Visible ASCII beginning with '/': what may stand in a request line.
[[nodiscard]] bool is_request_target(std::string_view target);

}  // namespace vf::agent
