#include "metrics/exposition.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace vf::metrics {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_label_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_label_char(char c) {
  return is_label_start(c) || is_digit(c);
}
constexpr bool is_name_char(char c) {
  return is_label_char(c) || c == ':';
}

void skip_blanks(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_blank(text[count])) ++count;
  text.remove_prefix(count);
}

bool is_metric_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) && std::all_of(name.begin(), name.end(), is_name_char);
}

// Where the quote stands that ends a value beginning at `text`'s front: the first with an even number of backslashes
// before it. The runs of backslashes of two quotes do not overlap, so this is linear.
std::size_t closing_quote(std::string_view text) {
  for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 1)) {
    std::size_t backslashes = 0;
    while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
  return std::string_view::npos;
}

enum class Taken { pair, end, malformed };

// Takes one pair and the comma behind it off the front of `text`; at the closing brace or the end of the text it takes
// blanks only. A trailing comma is allowed, as the format does.
Taken take_pair(std::string_view& text, Label& label) {
  skip_blanks(text);
  if (text.empty() || text.front() == '}') return Taken::end;

  std::size_t length = 0;
  while (length < text.size() && is_label_char(text[length])) ++length;
  if (length == 0 || is_digit(text.front())) return Taken::malformed;
  label.name = text.substr(0, length);
  text.remove_prefix(length);

  skip_blanks(text);
  if (!text.starts_with('=')) return Taken::malformed;
  text.remove_prefix(1);
  skip_blanks(text);
  if (!text.starts_with('"')) return Taken::malformed;
  text.remove_prefix(1);

  const std::size_t quote = closing_quote(text);
  if (quote == std::string_view::npos) return Taken::malformed;
  label.raw_value = text.substr(0, quote);
  text.remove_prefix(quote + 1);

  skip_blanks(text);
  if (text.starts_with(',')) {
    text.remove_prefix(1);
  } else if (!text.empty() && text.front() != '}') {
    return Taken::malformed;
  }
  return Taken::pair;
}

// from_chars knows nan and inf in any case, and no leading '+'.
std::optional<double> to_number(std::string_view token) {
  if (token.size() > 1 && token.front() == '+' && token[1] != '-') token.remove_prefix(1);
  double value = 0;
  const char* end = token.data() + token.size();
  const auto [stopped, error] = std::from_chars(token.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::string_view take_token(std::string_view& text) {
  skip_blanks(text);
  const auto blank = std::find_if(text.begin(), text.end(), is_blank);
  const auto token = text.substr(0, static_cast<std::size_t>(blank - text.begin()));
  text.remove_prefix(token.size());
  return token;
}

}  // namespace

std::string_view unescape(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  scratch.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char follower = raw[i] == '\\' && i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (follower == '\\' || follower == '"' || follower == 'n') {
      scratch.push_back(follower == 'n' ? '\n' : follower);
      ++i;
    } else {
      scratch.push_back(raw[i]);
    }
  }
  return scratch;
}

bool LabelBlock::next(Label& label) {
  return take_pair(raw_, label) == Taken::pair;
}

std::optional<std::string_view> LabelBlock::find(std::string_view name, std::string& scratch) const {
  LabelBlock pairs = *this;
  for (Label label; pairs.next(label);) {
    if (label.name == name) return unescape(label.raw_value, scratch);
  }
  return std::nullopt;
}

bool ExpositionReader::next() {
  while (!rest_.empty()) {
    const std::size_t newline = rest_.find('\n');
    std::string_view line = rest_.substr(0, newline);
    rest_.remove_prefix(newline == std::string_view::npos ? rest_.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);

    skip_blanks(line);
    if (line.empty() || line.front() == '#') continue;
    if (newline == std::string_view::npos) {
      ++malformed_;
      continue;
    }

    // Two or three searches by memchr are many times faster than looking at each character of a long name.
    std::string_view name = line.substr(0, line.find('{'));
    name = name.substr(0, name.find(' '));
    name = name.substr(0, name.find('\t'));
    if (name.empty()) {
      ++malformed_;
      continue;
    }
    name_ = name;
    after_ = line.substr(name.size());
    return true;
  }
  name_ = after_ = {};
  return false;
}

std::optional<Sample> ExpositionReader::sample() {
  const auto refuse = [this]() -> std::optional<Sample> {
    ++malformed_;
    return std::nullopt;
  };
  if (!is_metric_name(name_)) return refuse();

  Sample sample{name_, LabelBlock(), 0};
  std::string_view text = after_;
  skip_blanks(text);
  if (text.starts_with('{')) {
    text.remove_prefix(1);
    const std::string_view block = text;
    Label label;
    Taken taken;
    while ((taken = take_pair(text, label)) == Taken::pair) continue;
    if (taken == Taken::malformed || text.empty()) return refuse();
    sample.labels = LabelBlock(block.substr(0, block.size() - text.size()));
    text.remove_prefix(1);
  }

  const auto value = to_number(take_token(text));
  if (!value) return refuse();
  sample.value = *value;

  // At most a timestamp may follow; anything else means that the line is not what it looks like.
  const std::string_view timestamp = take_token(text);
  skip_blanks(text);
  if (!text.empty() || (!timestamp.empty() && !to_number(timestamp))) return refuse();
  return sample;
}

}  // namespace vf::metrics
