// The known name somebody probably meant. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vf::agent {

/// How many single-character slips (one missing, one too many, one wrong, two neighbours swapped) lie between two
/// names.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// The one of `known` with the smallest edit distance to `name`, the first of several; "" where nothing is known.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace vf::agent
