#include "agent/control/vectorflow/error_text.h"

#include <simdjson.h>

#include <optional>

#include "agent/control/vectorflow/utf8.h"

namespace vf::agent::vectorflow {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t longest_read = 64 * 1024;  // an error page may be of any size, its reason is at the start

bool is_space(char32_t code) {
  return code <= 0x20 || code == 0x7F || code == 0x85 || code == 0x2028 || code == 0x2029;
}

// C1 controls, invisible marks and what overrides the direction of the text.
bool steers(char32_t code) {
  return (code >= 0x80 && code <= 0x9F) || (code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

std::optional<std::string> text_of(const dom::object& object, std::string_view field) {
  std::string_view text;
  if (object.at_key(field).get(text) || text.empty()) return std::nullopt;
  return std::string(text);
}

// The reason in a JSON body; nothing where it is not JSON or has no reason.
std::optional<std::string> json_reason(std::string_view body) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(body.data(), body.size()).get(root)) return std::nullopt;
  std::string_view whole;
  if (!root.get(whole)) return std::string(whole);
  dom::object object;
  if (root.get(object)) return std::nullopt;

  std::optional<std::string> reason = text_of(object, "error");
  if (dom::object inner; !reason && !object.at_key("error").get(inner)) reason = text_of(inner, "message");
  if (!reason) reason = text_of(object, "message");
  if (!reason) return std::nullopt;
  if (dom::element details; !object.at_key("details").get(details) && !details.is_null())
    *reason += " (" + simdjson::minify(details) + ")";
  return reason;
}

std::string_view between(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t begin = text.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = text.find(close, begin);
  if (end == std::string_view::npos) return {};
  return text.substr(begin + open.size(), end - begin - open.size());
}

}  // namespace

std::string error_text(std::string_view body) {
  body = body.substr(0, longest_read);
  if (const std::optional<std::string> reason = json_reason(body)) return one_line(*reason, error_text_limit);
  if (const std::string_view title = between(body, "<title>", "</title>"); !title.empty())
    return one_line(title, error_text_limit);
  return one_line(body, error_text_limit);
}

std::string one_line(std::string_view text, std::size_t limit) {
  constexpr std::string_view ellipsis = "…";
  std::string line;
  std::size_t length = 0;
  std::size_t cut = 0;  // where the ellipsis goes should there be too much
  const auto fits = [&](std::string_view character) {
    if (length == limit) return false;
    if (length + 1 < limit) cut = line.size() + character.size();
    line += character;
    ++length;
    return true;
  };

  bool gap = false;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const bool shown = next.valid && !steers(next.code);
    const std::string_view bytes = shown ? text.substr(0, next.bytes) : replacement_character;
    text.remove_prefix(next.bytes);
    if (is_space(next.code)) {
      gap = length > 0;
      continue;
    }
    if ((gap && !fits(" ")) || !fits(bytes)) {
      line.resize(cut);
      if (line.ends_with(' ')) line.pop_back();
      return line.append(ellipsis);
    }
    gap = false;
  }
  return line;
}

}  // namespace vf::agent::vectorflow
