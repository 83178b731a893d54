// ScrapeRound: when each pipeline is scraped. Pure. A round is spread over a part of the interval, so that 500 pipelines
// are a trickle and not a wave; figures are at most one interval old when they are told.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace vf::agent {

struct ScrapePace {
  std::chrono::milliseconds apart{0};  ///< between two pipelines of a round
  std::chrono::milliseconds rest{0};   ///< from the last one of a round to the first of the next
};

/// For `pipelines` (0 too) within `interval`: at most 20 ms apart, a round takes at most four fifths of the interval.
[[nodiscard]] inline ScrapePace scrape_pace(std::size_t pipelines, std::chrono::milliseconds interval) {
  using std::chrono::milliseconds;
  const auto count = static_cast<milliseconds::rep>(std::max<std::size_t>(pipelines, 1));
  const milliseconds apart = std::min(milliseconds(20), milliseconds(interval.count() * 4 / 5 / count));
  return {apart, std::max(milliseconds(100), interval - apart * count)};
}

}  // namespace vf::agent
