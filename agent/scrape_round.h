// ScrapeRound: when each pipeline is scraped. Pure. A round is spread over a part of the interval, a handful at a time:
// 500 pipelines are a trickle and not a wave, and yet the threads are not woken 500 times. Figures are at most one
// interval old when they are told.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace vf::agent {

struct ScrapePace {
  std::size_t at_once = 1;             ///< pipelines of one handful
  std::chrono::milliseconds apart{0};  ///< between two handfuls of a round
  std::chrono::milliseconds rest{0};   ///< from the last handful of a round to the first of the next
};

/// For `pipelines` (0 too) within `interval`: at most 200 ms apart, a round takes at most four fifths of the interval.
[[nodiscard]] inline ScrapePace scrape_pace(std::size_t pipelines, std::chrono::milliseconds interval) {
  using std::chrono::milliseconds;
  constexpr milliseconds longest_apart{200};
  const milliseconds round = std::max(milliseconds(1), interval * 4 / 5);
  const milliseconds apart = std::min(longest_apart, round);
  const auto handfuls = static_cast<std::size_t>(round / apart);
  const std::size_t at_once = std::max<std::size_t>(1, (pipelines + handfuls - 1) / handfuls);
  const auto needed = static_cast<milliseconds::rep>((pipelines + at_once - 1) / at_once);
  return {at_once, apart, std::max(milliseconds(100), interval - apart * needed)};
}

}  // namespace vf::agent
