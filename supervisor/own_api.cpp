#include "supervisor/own_api.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "supervisor/variable_references.h"
#include "supervisor/yaml_document.h"

namespace vf::supervisor {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Byte offsets in the text of the `api` key and of the key after it (or the text's end).
struct Section {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool first = true;
  bool last = true;
};

std::optional<Section> find_api(const YAML::Node& root, std::string_view text) {
  // yaml-cpp's marks count bytes of UTF-8, and no byte order mark.
  const std::size_t counted_from = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  std::optional<Section> section;
  bool first = true;
  for (const auto& entry : root) {
    const std::size_t position = counted_from + static_cast<std::size_t>(entry.first.Mark().pos);
    if (section) {
      section->end = position;
      section->last = false;
      break;
    }
    if (entry.first.IsScalar() && entry.first.Scalar() == "api") section = Section{position, text.size(), first, true};
    first = false;
  }
  return section;
}

/// Where the outermost map of a flow text closes, and its commas before `position`.
struct FlowMap {
  std::size_t comma_before = nowhere;
  std::size_t close = nowhere;
};

/// The quote that closes the string which begins at `begin`.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  std::size_t i = begin + 1;
  for (; i < text.size(); ++i) {
    const bool doubled = quote == '\'' && text.substr(i, 2) == "''";
    if (doubled || (quote == '"' && text[i] == '\\')) {
      ++i;
    } else if (text[i] == quote) {
      break;
    }
  }
  return i;
}

FlowMap scan_flow(std::string_view text, std::size_t position) {
  FlowMap map;
  int depth = 0;
  char before = '{';  // the last character that is no space
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool spaced = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t' || text[i - 1] == '\n';
    if (c == '#' && spaced) {
      i = std::min(text.find('\n', i), text.size());
    } else if ((c == '"' || c == '\'') && std::string_view("{[,:").find(before) != nowhere) {
      i = end_of_string(text, i);
      before = c;
    } else if (c == '{' || c == '[') {
      ++depth;
      before = c;
    } else if (c == '}' || c == ']') {
      if (--depth == 0) {
        map.close = i;
        return map;
      }
      before = c;
    } else if (c == ',' && depth == 1 && i < position) {
      map.comma_before = i;
      before = c;
    } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      before = c;
    }
  }
  return map;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// …, "api": {…} } : the comma before goes too; the closing brace stays, and the line it stands on.
void close_up_flow(std::string_view text, Section& section) {
  if (!section.last) return;
  const FlowMap map = scan_flow(text, section.begin);
  if (map.close == nowhere || map.close < section.begin) return;
  section.end = map.close;
  while (section.end > section.begin && is_space(text[section.end - 1])) --section.end;
  if (!section.first && map.comma_before != nowhere) section.begin = map.comma_before;
}

std::size_t line_start(std::string_view text, std::size_t position) {
  const std::size_t newline = position == 0 ? nowhere : text.rfind('\n', position - 1);
  return newline == nowhere ? 0 : newline + 1;
}

/// Blank lines, unindented comments and a document's end behind the section are not its own.
void close_up_block(std::string_view text, Section& section) {
  const std::size_t own_line = line_start(text, section.begin);
  if (text.substr(own_line, section.begin - own_line).find_first_not_of(' ') != nowhere) return;
  section.begin = own_line;
  if (!section.last) section.end = line_start(text, section.end);
  while (section.end > section.begin) {
    const std::size_t start = line_start(text, section.end - (text[section.end - 1] == '\n' ? 1 : 0));
    const std::string_view line = text.substr(start, section.end - start);
    const bool others =
        line.starts_with('#') || line.starts_with("...") || line.find_first_not_of(" \t\r\n") == nowhere;
    if (start <= section.begin || !others) return;
    section.end = start;
  }
}

/// The cut is by text, to keep every other byte; so this looks whether what is left is what was meant.
bool is_meant(const std::string& kept, YAML::Node root) {
  const std::vector<YAML::Node> documents = load_documents(with_plain_references(kept));
  root.remove("api");
  if (documents.size() > 1) return false;
  if (root.size() == 0) return documents.empty() || documents[0].IsNull() || documents[0].size() == 0;
  return documents.size() == 1 && documents[0].IsMap() && !documents[0]["api"] &&
         YAML::Dump(documents[0]) == YAML::Dump(root);
}

}  // namespace

std::optional<std::string> without_own_api(std::string_view yaml) {
  if (yaml.find("api") == std::string_view::npos) return std::nullopt;  // the usual case costs no parse
  const std::string plain = with_plain_references(yaml);                // every byte in its place
  try {
    const std::vector<YAML::Node> documents = load_documents(plain);
    if (documents.size() != 1 || !documents[0].IsMap()) return std::nullopt;
    const YAML::Node& root = documents[0];
    auto section = find_api(root, plain);
    if (!section || section->begin >= section->end || section->end > plain.size()) return std::nullopt;
    if (root.Style() == YAML::EmitterStyle::Flow) {
      close_up_flow(plain, *section);
    } else {
      close_up_block(plain, *section);
    }
    std::string kept(yaml.substr(0, section->begin));
    kept.append(yaml.substr(section->end));
    if (!is_meant(kept, root)) return std::nullopt;
    return kept;
  } catch (const YAML::Exception&) {
    return std::nullopt;  // not ours to explain: Vector reads the same text and says why in its own words
  }
}

}  // namespace vf::supervisor
