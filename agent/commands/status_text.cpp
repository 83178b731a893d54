#include "agent/commands/status_text.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <ctime>
#include <vector>

#include "agent/commands/json_reading.h"
#include "supervisor/duration_words.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

enum class Tone { plain, good, warning, bad, quiet };

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

struct Remark {
  std::size_t indent;
  std::string text;
  Tone tone = Tone::plain;
};

constexpr std::size_t table_columns = 7;
using Row = std::array<Cell, table_columns>;

class Page {
 public:
  explicit Page(TextStyle style) : style_(style) {}

  void line(std::string text, Tone tone = Tone::plain) {
    text = cut(harmless(std::move(text)), style_.width);
    text_ += painted(text, tone) + "\n";
  }
  /// As many lines as it takes, each indented.
  void paragraph(std::size_t indent, std::string text, Tone tone = Tone::plain) {
    constexpr std::size_t narrowest = 20;
    text = harmless(std::move(text));
    const std::size_t room = style_.width == 0 ? 0 : std::max(narrowest, style_.width - std::min(style_.width, indent));
    while (!text.empty()) {
      std::size_t end = text.size();
      if (room > 0 && columns(text) > room) {
        end = prefix_of(text, room);
        const std::size_t blank = text.rfind(' ', end);
        if (blank != std::string::npos && blank > 0) end = blank;
      }
      text_ += std::string(indent, ' ') + painted(text.substr(0, end), tone) + "\n";
      text.erase(0, std::min(text.find_first_not_of(' ', end), text.size()));
    }
  }
  void gap() { text_ += "\n"; }

  /// Below each row what is to be said about it.
  void table(const std::vector<Row>& rows, const std::vector<std::vector<Remark>>& remarks) {
    std::array<std::size_t, table_columns> widths{};
    for (const Row& row : rows)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));
    std::size_t others = 2 * (table_columns - 1);
    for (std::size_t i = 1; i < table_columns; ++i) others += widths[i];
    constexpr std::size_t shortest_name = 8;
    if (style_.width > 0) {
      const std::size_t left = style_.width > others ? style_.width - others : 0;
      widths[0] = std::min(widths[0], std::max(left, shortest_name));
    }
    for (std::size_t at = 0; at < rows.size(); ++at) {
      std::string shown;
      for (std::size_t i = 0; i < table_columns; ++i) {
        const std::string cell = cut(rows[at][i].text, i == 0 ? widths[0] : 0);
        shown += painted(cell, rows[at][i].tone);
        if (i + 1 < table_columns) shown += std::string(widths[i] - columns(cell) + 2, ' ');
      }
      text_ += shown + "\n";
      for (const Remark& remark : remarks[at]) paragraph(remark.indent, remark.text, remark.tone);
    }
  }

  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  [[nodiscard]] std::string painted(const std::string& text, Tone tone) const {
    if (!style_.colour || tone == Tone::plain || text.empty()) return text;
    const char* code = tone == Tone::good ? "32" : tone == Tone::warning ? "33" : tone == Tone::bad ? "31" : "2";
    return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
  }

  const TextStyle style_;
  std::string text_;
};

/// Two units, as in 3d4h, 5m12s.
std::string short_time(std::int64_t seconds) {
  const auto two = [](std::int64_t large, const char* of_large, std::int64_t small, const char* of_small) {
    return std::to_string(large) + of_large + (small == 0 ? "" : std::to_string(small) + of_small);
  };
  if (seconds < 60) return std::to_string(std::max<std::int64_t>(0, seconds)) + "s";
  if (seconds < 3600) return two(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "m");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string utc(std::int64_t at) {
  const std::time_t time = at;
  std::tm parts{};
  char text[32];
  if (::gmtime_r(&time, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts) == 0)
    return std::to_string(at);
  return text;
}

Tone tone_of_state(const std::string& state) {
  if (state == "running") return Tone::good;
  return state.starts_with("crash") ? Tone::bad : Tone::warning;
}

Tone tone_of_sync(const std::string& sync) {
  if (sync == "applied") return Tone::good;
  return sync == "applying" ? Tone::warning : Tone::bad;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void add_pipelines(Page& page, const json::array& pipelines) {
  if (pipelines.empty()) return page.line("no pipelines are wanted here", Tone::quiet);
  std::vector<Row> rows{{{{"PIPELINE", Tone::quiet},
                          {"STATE", Tone::quiet},
                          {"SYNC", Tone::quiet},
                          {"VERSION", Tone::quiet},
                          {"PID", Tone::quiet},
                          {"UP", Tone::quiet},
                          {"RESTARTS", Tone::quiet}}}};
  std::vector<std::vector<Remark>> remarks(1);
  for (const json::value& value : pipelines) {
    if (!value.is_object()) continue;
    const json::object& one = value.get_object();
    const std::string name = words(one, "name").empty() ? words(one, "id") : words(one, "name");
    const std::string state = words(one, "state");
    const std::string sync = words(one, "sync");
    const bool alive = one.contains("pid");
    rows.push_back({{{harmless(name)},
                     {state, tone_of_state(state)},
                     {sync, tone_of_sync(sync)},
                     {std::to_string(whole(one, "version"))},
                     {alive ? std::to_string(whole(one, "pid")) : "-"},
                     {alive ? short_time(whole(one, "uptimeSeconds")) : "-"},
                     {std::to_string(whole(one, "restarts"))}}});
    std::vector<Remark>& said = remarks.emplace_back();
    const std::string problem = words(one, "problem");
    if (!problem.empty() && problem != words(one, "refusal")) said.push_back({4, problem, Tone::warning});
    const std::vector<std::string> refusal = lines_of(words(one, "refusal"));
    if (refusal.empty()) continue;
    const std::int64_t refused = whole(one, "refusedVersion");
    const std::string which = refused != 0 ? "version " + std::to_string(refused) : "its newest";
    said.push_back({4, which + " is refused:", Tone::bad});
    for (const std::string& line : refusal) said.push_back({6, line});
  }
  page.table(rows, remarks);
}

void add_deaths(Page& page, const json::array& deaths, std::int64_t now) {
  if (deaths.empty()) return;
  page.gap();
  page.line("LAST DEATHS", Tone::quiet);
  for (const json::value& value : deaths) {
    if (!value.is_object()) continue;
    const json::object& one = value.get_object();
    const std::string name = words(one, "pipelineName").empty() ? words(one, "pipelineId") : words(one, "pipelineName");
    const std::chrono::milliseconds uptime(whole(one, "uptimeMilliseconds"));
    page.paragraph(0, utc(whole(one, "at")) + " (" + short_time(now - whole(one, "at")) + " ago)  " + name +
                          "  version " + std::to_string(whole(one, "version")) + ": " + words(one, "how") + " after " +
                          supervisor::in_words(uptime));
    if (const std::string last = words(one, "lastError"); !last.empty()) page.paragraph(4, "last words: " + last);
    if (const std::string next = words(one, "next"); !next.empty()) page.paragraph(4, "then: " + next, Tone::quiet);
  }
}

}  // namespace

Result<std::string> status_text(std::string_view text, std::int64_t now, TextStyle style) {
  const auto root = read_object(text);
  if (!root) return root.error();
  const json::object& report = root.value();
  const json::object& link = part(report, "link");
  const std::string state = link.empty() ? "?" : words(link, "state");
  const std::string reason = words(link, "reason");

  Page page(style);
  page.line("vf-agent " + words(report, "version") + ", pid " + std::to_string(whole(report, "pid")) + ", up " +
            short_time(whole(report, "uptimeSeconds")) +
            (words(report, "vectorVersion").empty() ? "" : "; Vector " + words(report, "vectorVersion")));
  page.line("control plane " + words(report, "controlPlane") + ": " + state + (reason.empty() ? "" : ", " + reason),
            state == "connected" ? Tone::good : Tone::bad);
  if (const std::string upgrade = words(report, "upgrade"); !upgrade.empty())
    page.line("upgrade: " + upgrade, Tone::warning);
  page.gap();
  add_pipelines(page, items(report, "pipelines"));
  add_deaths(page, items(report, "deaths"), now);
  return std::move(page).text();
}

}  // namespace vf::agent
