#include "supervisor/tidy_words.h"

#include <algorithm>
#include <limits>

#include "logbuf/safe_text.h"

namespace vf::supervisor {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr auto npos = std::string_view::npos;

std::string_view trimmed_right(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

void cut(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return;
  std::size_t end = max_bytes - std::min(max_bytes, ellipsis.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(trimmed_right(std::string_view(text).substr(0, end)).size());
  text += ellipsis;
}

/// How far the escape sequence at `text`'s front reaches, 0 where there is none.
std::size_t escape_sequence(std::string_view text) {
  std::size_t i = 0;
  if (text.starts_with('\x1b')) {
    i = 1;
  } else if (text.starts_with(logbuf::kReplacement)) {
    i = logbuf::kReplacement.size();
  }
  if (i == 0 || i >= text.size() || text[i] != '[') return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", i + 1);
  return end != npos && text[end] == 'm' ? end + 1 : 0;
}

/// The list of `a`, `b`, … that `text` begins with: where its first max_listed names end, where it ends, and how many
/// names are between.
struct List {
  std::size_t kept = 0, end = 0, more = 0;
};

List list_at(std::string_view text) {
  List list;
  std::size_t at = 0;
  for (std::size_t names = 1; at < text.size() && text[at] == '`'; ++names) {
    const std::size_t close = text.find_first_of("`\n", at + 1);
    if (close == npos || text[close] == '\n') break;
    list.end = close + 1;
    if (names <= max_listed) {
      list.kept = list.end;
    } else {
      ++list.more;
    }
    if (text.substr(list.end, 2) != ", ") break;
    at = list.end + 2;
  }
  return list;
}

std::string with_short_lists(std::string_view text) {
  constexpr std::string_view announced = "expected one of ";
  std::string out;
  for (std::size_t begin; (begin = text.find(announced)) != npos;) {
    begin += announced.size();
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    const List list = list_at(text);
    out += text.substr(0, list.kept);
    if (list.more > 0) out.append(" and ").append(std::to_string(list.more)).append(" more");
    text.remove_prefix(list.end);
  }
  return out.append(text);
}

}  // namespace

std::string without_colours(std::string_view text) {
  if (text.find('\x1b') == npos && text.find(logbuf::kReplacement) == npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t sequence = escape_sequence(text);
    if (sequence == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(sequence, 1));
  }
  return out;
}

std::string tidy_words(std::string_view text, std::size_t max_bytes) {
  const std::string plain = without_colours(text);
  std::string lines;
  for (std::string_view rest = plain; !rest.empty();) {
    const std::string_view line = trimmed_right(take_line(rest));
    if (!line.empty()) lines.append(line).append("\n");
  }
  std::string safe;
  logbuf::append_safe(safe, trimmed_right(lines), std::numeric_limits<std::size_t>::max());
  std::string out = with_short_lists(safe);
  cut(out, max_bytes);
  return out;
}

std::string first_line(std::string_view reason, std::size_t max_bytes) {
  std::string_view line;
  while (line.empty() && !reason.empty()) line = trimmed_right(take_line(reason));
  std::string out(line);
  const std::string_view next = trimmed_right(take_line(reason));
  if (!next.empty() && (line.ends_with(':') || next.starts_with("in `"))) out.append(" ").append(next);
  cut(out, max_bytes);
  return out;
}

}  // namespace vf::supervisor
