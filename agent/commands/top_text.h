// What `vf-agent top` shows: a head, a table, and what is beyond it. Pure.
#pragma once

#include <string>
#include <vector>

#include "agent/commands/terminal_text.h"
#include "agent/commands/top_rates.h"

namespace vf::agent {

struct TopView {
  std::string agent;    ///< about the agent: version, link; one line
  std::string problem;  ///< what is wrong now; "" for nothing
  TopSort sort = TopSort::name;
  std::size_t first = 0;  ///< row that the table begins with
  std::size_t lines = 0;  ///< of the terminal; 0: all rows are shown
};

/// Rows that fit below the head; all where `lines` is 0.
[[nodiscard]] std::size_t rows_that_fit(const TopView& view, std::size_t rows);

/// Lines without newlines, each at most as wide as the style says.
[[nodiscard]] std::vector<std::string> top_text(const std::vector<TopRow>& rows, const TopView& view, TextStyle style);

/// {"pipelines": [{"id", "name", "state", "eventsInPerSecond", "eventsOutPerSecond", "errorsPerSecond", "memoryBytes",
/// "cpuPercent", "restarts"}]}, without what is not known.
[[nodiscard]] std::string top_json(const std::vector<TopRow>& rows);

/// "0", "3.2", "45", "1.2k", "340k", "2.1M"; "-" for what is not known.
[[nodiscard]] std::string short_number(std::optional<double> value);
/// "512K", "45.3M", "1.2G"
[[nodiscard]] std::string short_bytes(std::optional<double> value);

}  // namespace vf::agent
