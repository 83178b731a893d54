#include "supervisor/vector_log_line.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace vf::supervisor {
namespace {

using Level = VectorLogLine::Level;

constexpr std::array<std::pair<std::string_view, Level>, 5> level_names = {{{"ERROR", Level::error},
                                                                            {"WARN", Level::warn},
                                                                            {"INFO", Level::info},
                                                                            {"DEBUG", Level::debug},
                                                                            {"TRACE", Level::trace}}};

std::optional<Level> level_of(std::string_view name) {
  for (const auto& [known, level] : level_names)
    if (known == name) return level;
  return std::nullopt;
}

/// Takes "2026-11-21T09:07:39.332085Z " off the front.
bool take_timestamp(std::string_view& line) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  constexpr std::size_t longest = 32;
  const std::size_t end = line.substr(0, longest).find("Z ");
  if (end == std::string_view::npos || end < shape.size()) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < end; ++i) {
    const bool fits = i < shape.size() && shape[i] != '0' ? line[i] == shape[i] : digit(line[i]) || i == shape.size();
    if (!fits) return false;
  }
  line.remove_prefix(end + 2);
  return true;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

bool is_target(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
  });
}

std::optional<VectorLogLine> parse_plain(std::string_view line) {
  if (!take_timestamp(line)) return std::nullopt;
  const auto level = level_of(take_word(line));
  if (!level) return std::nullopt;
  VectorLogLine parsed;
  parsed.level = *level;
  std::string_view rest = line;
  std::string_view target = take_word(rest);
  if (target.ends_with(':') && is_target(target)) {
    target.remove_suffix(1);
    parsed.target = target;
    parsed.text = rest;
  } else {
    parsed.in_span = true;
    parsed.text = line;
  }
  return parsed;
}

std::string as_text(simdjson::dom::element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);
}

std::optional<VectorLogLine> parse_json(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  if (parser.parse(line.data(), line.size()).get(fields) != simdjson::SUCCESS) return std::nullopt;
  VectorLogLine parsed;
  std::optional<Level> level;
  bool timed = false;
  std::string message, others;
  for (const auto [key, value] : fields) {
    if (key == "timestamp") {
      timed = true;
    } else if (key == "level" && !level) {  // a field may have that name too, and comes behind it
      level = level_of(as_text(value));
    } else if (key == "target") {
      parsed.target = as_text(value);
    } else if (key == "message") {
      message = as_text(value);
    } else if (key == "span" || key == "spans") {
      parsed.in_span = true;
    } else {
      others.append(" ").append(key).append("=").append(as_text(value));
    }
  }
  if (!timed || !level || parsed.target.empty()) return std::nullopt;
  parsed.level = *level;
  if (parsed.in_span) parsed.target.clear();
  parsed.text = message + others;
  return parsed;
}

/// The last ` key=value` of `text`, where it is one of those nobody needs: how many bytes it takes; else 0.
std::size_t needless_field(std::string_view text) {
  constexpr std::array<std::string_view, 4> needless = {"internal_log_rate_limit", "stage", "error_type", "error_code"};
  const std::size_t begin = text.find_last_of(" \n");
  if (begin == std::string_view::npos) return 0;
  const std::string_view field = text.substr(begin + 1);
  const std::string_view key = field.substr(0, field.find('='));
  if (key.size() == field.size() || std::find(needless.begin(), needless.end(), key) == needless.end()) return 0;
  return text.size() - begin;
}

}  // namespace

std::optional<VectorLogLine> parse_vector_log_line(std::string_view line) {
  return line.starts_with('{') ? parse_json(line) : parse_plain(line);
}

std::string vector_words(std::string_view text) {
  constexpr std::string_view heading = "Configuration error. error=";
  const auto trim = [&text] { text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1); };
  trim();
  while (const std::size_t bytes = needless_field(text)) {
    text.remove_suffix(bytes);
    trim();
  }
  if (text.starts_with(heading)) text.remove_prefix(heading.size());
  // Vector lists options that changed, but none that were added or removed.
  if (text.ends_with(" changed_fields=")) text.remove_suffix(std::string_view(" changed_fields=").size());
  return std::string(text);
}

}  // namespace vf::supervisor
