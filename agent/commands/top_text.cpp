#include "agent/commands/top_text.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace vf::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t head_lines = 4;  // the agent, the sums, a blank, the columns' names
constexpr std::size_t shortest_name = 8;
constexpr std::size_t table_columns = 8;
using Cells = std::array<std::string, table_columns>;

std::string scaled(double value, double step, const char* units) {
  std::size_t unit = 0;
  for (; value >= step * 0.9995 && units[unit + 1] != '\0'; value /= step) ++unit;
  char text[32];
  const bool short_enough =
      value >= 99.95 || (unit == 0 && value == static_cast<double>(static_cast<std::int64_t>(value)));
  std::snprintf(text, sizeof text, short_enough ? "%.0f" : "%.1f", value);
  return units[unit] == ' ' ? text : std::string(text) + units[unit];
}

Cells cells_of(const TopRow& row) {
  char cpu[32] = "-";
  if (row.cpu) std::snprintf(cpu, sizeof cpu, "%.1f", *row.cpu);
  return {harmless(row.name),
          row.state.empty() ? "-" : row.state,
          short_number(row.in),
          short_number(row.out),
          short_number(row.errors),
          short_bytes(row.memory),
          cpu,
          std::to_string(row.restarts)};
}

std::string painted(const std::string& text, const char* code, bool colour) {
  return colour && !text.empty() ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

const char* colour_of(const TopRow& row, std::size_t column) {
  if (column == 1) return row.state == "running" ? "32" : row.state.starts_with("crash") ? "31" : "33";
  if (column == 4 && row.errors.value_or(0) > 0) return "31";
  return nullptr;
}

std::optional<double> sum(const std::vector<TopRow>& rows, std::optional<double> TopRow::*figure) {
  std::optional<double> total;
  for (const TopRow& row : rows)
    if (row.*figure) total = total.value_or(0) + *(row.*figure);
  return total;
}

std::string sums_of(const std::vector<TopRow>& rows) {
  const auto running =
      std::count_if(rows.begin(), rows.end(), [](const TopRow& row) { return row.state == "running"; });
  return std::to_string(running) + " of " + std::to_string(rows.size()) + " running, in " +
         short_number(sum(rows, &TopRow::in)) + "/s, out " + short_number(sum(rows, &TopRow::out)) + "/s, errors " +
         short_number(sum(rows, &TopRow::errors)) + "/s, memory " + short_bytes(sum(rows, &TopRow::memory));
}

/// To two decimals: the library would write 2.0171759536648693E1.
void put(std::string& into, const char* name, std::optional<double> value) {
  char text[64];
  if (!value) return;
  std::snprintf(text, sizeof text, ",\"%s\":%.*f", name, *value == std::floor(*value) ? 0 : 2, *value);
  into += text;
}

}  // namespace

std::string short_number(std::optional<double> value) {
  if (!value) return "-";
  return *value > 0 && *value < 0.05 ? "<0.1" : scaled(*value, 1000, " kMGT");
}

std::string short_bytes(std::optional<double> value) {
  return value ? scaled(*value / 1024, 1024, "KMGT") : "-";
}

std::size_t rows_that_fit(const TopView& view, std::size_t rows) {
  if (view.lines == 0) return rows;
  const std::size_t head = head_lines + (view.problem.empty() ? 0 : 1);
  const std::size_t room = view.lines > head ? view.lines - head : 1;
  return rows <= room ? rows
                      : std::max<std::size_t>(1, room - std::min<std::size_t>(room, 1));  // "… more" takes a line
}

std::vector<std::string> top_text(const std::vector<TopRow>& rows, const TopView& view, TextStyle style) {
  static const Cells heads{"PIPELINE", "STATE", "IN/s", "OUT/s", "ERR/s", "MEM", "CPU%", "RESTARTS"};
  std::vector<std::string> lines;
  lines.push_back(cut(harmless(view.agent), style.width));
  if (!view.problem.empty()) lines.push_back(painted(cut(harmless(view.problem), style.width), "31", style.colour));
  lines.push_back(cut(sums_of(rows), style.width));
  lines.emplace_back();

  std::vector<Cells> table;
  table.reserve(rows.size());
  for (const TopRow& row : rows) table.push_back(cells_of(row));
  // Of all rows, so that scrolling moves no column.
  std::array<std::size_t, table_columns> widths{10, 10, 5, 5, 5, 5, 5, 8};
  for (const Cells& cells : table)
    for (std::size_t i = 0; i < table_columns; ++i) widths[i] = std::max(widths[i], columns(cells[i]));
  const std::size_t others = std::accumulate(widths.begin() + 1, widths.end(), 2 * (table_columns - 1));
  if (style.width > 0)
    widths[0] = std::min(widths[0], std::max(shortest_name, style.width > others ? style.width - others : 0));

  const auto line_of = [&](const Cells& cells, const TopRow* row) {
    std::string line;
    std::size_t used = 0;
    for (std::size_t i = 0; i < table_columns; ++i) {
      if (style.width > 0 && used + widths[i] > style.width) break;  // a narrow terminal shows fewer columns
      const std::string text = cut(cells[i], widths[i]);
      const std::string blanks(widths[i] - columns(text), ' ');
      const char* code = row != nullptr ? colour_of(*row, i)
                         : static_cast<int>(view.sort) == (i == 0 ? 0 : static_cast<int>(i) - 1) && i != 1 ? "1"
                                                                                                           : "2";
      const std::string shown = code == nullptr ? text : painted(text, code, style.colour);
      line += i < 2 ? shown + blanks : blanks + shown;
      if (i + 1 < table_columns) line += "  ";
      used += widths[i] + 2;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  lines.push_back(line_of(heads, nullptr));
  const std::size_t fitting = rows_that_fit(view, rows.size());
  const std::size_t first = std::min(view.first, rows.size() - fitting);
  for (std::size_t i = first; i < first + fitting; ++i) lines.push_back(line_of(table[i], &rows[i]));
  if (fitting < rows.size())
    lines.push_back(
        painted(cut(std::to_string(first) + " more above, " + std::to_string(rows.size() - fitting - first) +
                        " more below; sorted by " + to_string(view.sort),
                    style.width),
                "2", style.colour));
  return lines;
}

std::string top_json(const std::vector<TopRow>& rows) {
  std::string pipelines;
  for (const TopRow& row : rows) {
    std::string one = json::serialize(
        json::object{{"id", row.id}, {"name", row.name}, {"state", row.state}, {"restarts", row.restarts}});
    one.pop_back();
    put(one, "eventsInPerSecond", row.in);
    put(one, "eventsOutPerSecond", row.out);
    put(one, "errorsPerSecond", row.errors);
    put(one, "memoryBytes", row.memory);
    put(one, "cpuPercent", row.cpu);
    pipelines += (pipelines.empty() ? "" : ",") + one + "}";
  }
  return "{\"pipelines\":[" + pipelines + "]}";
}

}  // namespace vf::agent
