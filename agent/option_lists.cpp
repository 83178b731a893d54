#include "agent/option_lists.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "agent/shown_value.h"

namespace vf::agent {
namespace {

constexpr std::size_t kLongestLabel = 100;

std::vector<std::string_view> items_of(std::string_view list) {
  std::vector<std::string_view> items;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (const std::string_view item = trimmed(list.substr(begin, end - begin)); !item.empty()) items.push_back(item);
    begin = end + 1;
  }
  return items;
}

/// How many UTF-16 units `text` has as JavaScript counts them; nothing where it is not UTF-8 or holds a control
/// character.
std::optional<std::size_t> utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x20 || first == 0x7f) return std::nullopt;
    const std::size_t length = first < 0x80         ? 1
                               : first >> 5 == 0x6  ? 2
                               : first >> 4 == 0xe  ? 3
                               : first >> 3 == 0x1e ? 4
                                                    : 0;
    if (length == 0 || i + length > text.size()) return std::nullopt;
    std::uint32_t point = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t j = 1; j < length; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if (next >> 6 != 0x2) return std::nullopt;
      point = point << 6 | (next & 0x3fU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    units += point >= 0x10000 ? 2 : 1;
    i += length;
  }
  return units;
}

/// What is wrong with one half of a label; "" where nothing is.
std::string label_problem(std::string_view half) {
  const auto length = utf16_length(half);
  if (!length) return "holds a control character or bytes that are not UTF-8";
  if (*length > kLongestLabel) return "is longer than the 100 characters that the server takes";
  return "";
}

bool is_name_pattern(std::string_view item) {
  if (item.ends_with('*')) item.remove_suffix(1);
  if (item.empty() || (item.front() >= '0' && item.front() <= '9')) return false;
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return item.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

void read_labels(const Reading& reading, std::map<std::string, std::string>& into) {
  std::map<std::string, std::string> labels;
  bool good = true;
  const auto wrong = [&](const std::string& why) {
    good = false;
    reading.mistake(why);
  };
  for (const std::string_view item : items_of(reading.text)) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      wrong(shown_value(item) + " has no '='");
      continue;
    }
    const std::string_view key = trimmed(item.substr(0, equals));
    const std::string_view value = trimmed(item.substr(equals + 1));
    if (key.empty()) {
      wrong(shown_value(item) + " has nothing before its '='");
    } else if (const std::string problem = label_problem(key); !problem.empty()) {
      wrong("the label " + shown_value(key) + " " + problem);
    } else if (const std::string of_value = label_problem(value); !of_value.empty()) {
      wrong("the value of label " + shown_value(key) + " " + of_value);
    } else if (!labels.emplace(key, value).second) {
      wrong("the label " + shown_value(key) + " occurs twice");
    }
  }
  if (good) into = std::move(labels);
}

void read_env_allow(const Reading& reading, std::vector<std::string>& into) {
  std::vector<std::string> names;
  bool good = true;
  for (const std::string_view item : items_of(reading.text)) {
    if (item == "*") {
      good = false;
      reading.mistake("\"*\" would allow everything: leave the option out for that");
    } else if (!is_name_pattern(item)) {
      good = false;
      reading.mistake(shown_value(item) + " is not the name of a variable");
    } else {
      if (item.starts_with("VF_"))
        reading.warning("no VF_ variable ever reaches a Vector, " + std::string(item) + " neither");
      names.emplace_back(item);
    }
  }
  if (good) into = std::move(names);
}

}  // namespace vf::agent
