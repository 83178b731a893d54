#include "agent/commands/likely_secrets.h"

#include <algorithm>
#include <vector>

#include "supervisor/mask_yaml.h"

namespace vf::agent {
namespace {

constexpr std::size_t shortest_value = 4;
constexpr std::size_t shortest_number = 6;  // shorter ones are counts and ports (max_tokens: 4096)

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_of_name(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

struct Range {
  std::size_t begin, end;
};

bool is_value(std::string_view value) {
  if (value.empty() || value == "***" || value == "true" || value == "false" || value == "null") return false;
  if (value.starts_with("${") || value.starts_with("SECRET[")) return false;
  return true;
}

/// The value that begins at `at`: in quotes, or up to what ends one in YAML's flow style, logfmt or a sentence.
Range value_at(std::string_view text, std::size_t at) {
  const char quote = at < text.size() ? text[at] : '\0';
  if (quote == '"' || quote == '\'') {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != quote && text[end] != '\n')
      end += quote == '"' && text[end] == '\\' ? 2 : 1;
    return {at + 1, std::min(end, text.size())};
  }
  if (text.substr(at).starts_with("\\\"")) {  // JSON in a string of JSON
    const std::size_t end = text.find("\\\"", at + 2);
    return {at + 2, std::min(end, text.size())};
  }
  return {at, std::min(text.find_first_of(" \t\r\n,;}])\"'", at), text.size())};
}

void add_named(std::string_view text, std::vector<Range>& found) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_of_name(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_of_name(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    at = end;
    if (!supervisor::is_secret_key(name)) continue;
    const bool in_json = end < text.size() && (text[end] == '"' || text[end] == '\\');
    while (end < text.size() && (text[end] == '"' || text[end] == '\'' || text[end] == '\\')) ++end;
    while (end < text.size() && text[end] == ' ') ++end;
    if (end >= text.size() || (text[end] != ':' && text[end] != '=')) continue;
    ++end;
    while (end < text.size() && (text[end] == ' ' || text[end] == '=')) ++end;
    if (end < text.size() && (text[end] == '[' || text[end] == '{' || text[end] == '|' || text[end] == '>')) continue;
    const Range value = value_at(text, end);
    const std::string_view word = text.substr(value.begin, value.end - value.begin);
    const bool bare_number = value.begin == end && word.find_first_not_of("0123456789.") == std::string_view::npos;
    // JSON is to stay JSON.
    if (bare_number && (in_json || word.size() < shortest_number)) continue;
    if (!is_value(word)) continue;
    found.push_back(value);
    at = value.end;
  }
}

/// scheme://user:password@
void add_of_urls(std::string_view text, std::vector<Range>& found) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>", begin), text.size());
    const std::size_t sign = text.substr(0, end).rfind('@');
    if (sign == std::string_view::npos || sign < begin) continue;
    const std::size_t colon = text.find(':', begin);
    if (colon < sign) found.push_back({colon + 1, sign});
  }
}

void add_behind_words(std::string_view text, std::vector<Range>& found) {
  for (const std::string_view word : {"Bearer ", "bearer ", "Basic ", "basic "})
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const Range value = value_at(text, at + word.size());
      if (value.end - value.begin >= 8) found.push_back(value);
    }
}

/// From a key's BEGIN line to its END, or to the end of the text.
void add_keys(std::string_view text, std::vector<Range>& found) {
  constexpr std::string_view head = "PRIVATE KEY-----";
  for (std::size_t at = text.find(head); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find("-----END", at + head.size()), text.size());
    found.push_back({at + head.size(), end});
    const std::size_t tail = text.find(head, end);  // of the END line
    at = tail == std::string_view::npos ? tail : text.find(head, tail + head.size());
  }
}

std::vector<Range> find(std::string_view text) {
  std::vector<Range> found;
  add_named(text, found);
  add_of_urls(text, found);
  add_behind_words(text, found);
  add_keys(text, found);
  std::sort(found.begin(), found.end(), [](Range a, Range b) { return a.begin < b.begin; });
  return found;
}

void add(std::map<std::string, std::string>& values, std::string_view value) {
  if (value.size() >= shortest_value && is_value(value))
    values.emplace("likely " + std::to_string(values.size()), value);
}

}  // namespace

std::string without_likely_secrets(std::string text) {
  std::string result;
  std::size_t kept = 0;
  for (const Range& range : find(text)) {
    if (range.begin < kept || range.end <= range.begin) continue;
    result.append(text, kept, range.begin - kept).append("***");
    kept = range.end;
  }
  return result.append(text, kept);
}

std::map<std::string, std::string> likely_secrets_in(std::string_view text) {
  std::map<std::string, std::string> values;
  for (const Range& range : find(text)) add(values, text.substr(range.begin, range.end - range.begin));
  return values;
}

std::map<std::string, std::string> likely_secrets_of(const std::map<std::string, std::string>& environment) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : environment) {
    // Where the shell is and was: the ending is all they have of a password.
    if (supervisor::is_secret_key(name) && name != "PWD" && name != "OLDPWD") add(values, value);
    std::vector<Range> in_urls;
    add_of_urls(value, in_urls);
    for (const Range& range : in_urls)
      add(values, std::string_view(value).substr(range.begin, range.end - range.begin));
  }
  return values;
}

}  // namespace vf::agent
