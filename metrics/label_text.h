// Makes any bytes fit for a label's value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vf::metrics {

/// `text` as UTF-8 of at most `max_bytes`, cut between characters; every byte that is part of no character becomes '?'.
/// Prometheus refuses the whole scrape for a single value that is not UTF-8.
[[nodiscard]] std::string label_text(std::string_view text, std::size_t max_bytes);

}  // namespace vf::metrics
