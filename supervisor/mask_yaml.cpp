#include "supervisor/mask_yaml.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "supervisor/secret_reference.h"
#include "supervisor/yaml_document.h"

namespace vf::supervisor {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view mask = "***";
constexpr std::size_t most_nodes = 50'000;
constexpr std::size_t deepest = 100;  // a node may hold an alias of itself
constexpr std::string_view not_shown = "# The text is not shown: it is no YAML, and may hold secrets anywhere.\n";

/// A part of the text that is replaced by *** in quotes.
using Spans = std::map<std::size_t, std::size_t>;  // begin → end

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\')
      ++i;
    else if (quote == '\'' && text.substr(i, 2) == "''")
      ++i;
    else if (text[i] == quote)
      return i + 1;
  }
  return npos;
}

std::size_t indent_at(std::string_view text, std::size_t line) {
  const std::size_t word = text.find_first_not_of(' ', line);
  return word == npos || text[word] == '\n' || text[word] == '\r' ? npos : word - line;  // npos: blank
}

/// Of a block scalar that begins with its '|' or '>'. All lines that are blank or indented as its first one is.
std::size_t end_of_block(std::string_view text, std::size_t begin) {
  std::size_t end = text.find('\n', begin);
  std::size_t indent = 0;
  for (std::size_t line = end; line != npos; line = text.find('\n', line + 1)) {
    const std::size_t now = indent_at(text, line + 1);
    if (now == npos) continue;
    if (indent == 0) indent = now;
    if (now < indent || indent == 0) break;
    end = text.find('\n', line + 1);
    if (end == npos) return text.size();
  }
  return end == npos ? text.size() : end;
}

/// Where its first character is, behind an anchor or a tag; npos where that cannot be told.
std::size_t beginning_of(const YamlDocument& document, const YAML::Node& scalar) {
  const std::string_view text = document.plain;
  std::size_t begin = document.position(scalar.Mark());
  while (begin < text.size() && (text[begin] == '&' || text[begin] == '!')) {
    begin = text.find_first_of(" \n", begin);
    if (begin != npos) begin = text.find_first_not_of(" \n", begin);
  }
  return begin < text.size() ? begin : npos;
}

/// Where the text of this scalar is; nothing where that cannot be told.
std::optional<std::pair<std::size_t, std::size_t>> span_of(const YamlDocument& document, const YAML::Node& scalar) {
  const std::string_view text = document.plain;
  const std::size_t begin = beginning_of(document, scalar);
  if (begin == npos) return std::nullopt;
  const char first = text[begin];
  std::size_t end = begin + scalar.Scalar().size();
  if (first == '"' || first == '\'') {
    end = end_of_quoted(text, begin);
    if (end == npos) return std::nullopt;
  } else if (first == '|' || first == '>') {
    end = end_of_block(text, begin);
  } else if (text.substr(begin, scalar.Scalar().size()) != scalar.Scalar()) {
    return std::nullopt;  // over several lines
  }
  return std::pair(begin, end);
}

/// Tells `each` of every scalar that is to be hidden, of an aliased one as often as it stands somewhere. False: the
/// text is too large, by aliases of aliases too, or is not what it seems.
class Walk {
 public:
  enum class Under { nothing, secret, all_secret };

  explicit Walk(const YamlDocument& document) : document_(document) {}

  template <typename Each>
  bool scalars(const YAML::Node& node, Under under, const Each& each) {
    if (++nodes_ > most_nodes || depth_ == deepest) return false;
    if (node.IsScalar()) {
      if (under == Under::nothing) return true;
      const auto span = span_of(document_, node);
      std::string_view written = span ? document_.written.substr(span->first, span->second - span->first) : "?";
      if (written.size() > 1 && (written[0] == '"' || written[0] == '\''))
        written = written.substr(1, written.size() - 2);
      if (!is_reference(written)) each(node, span);
      return true;
    }
    ++depth_;
    bool done = true;
    if (node.IsSequence())
      for (const YAML::Node& one : node) done = done && scalars(one, under, each);
    if (node.IsMap())
      for (const auto& entry : node)
        done = done && scalars(entry.first, Under::nothing, each) &&
               scalars(entry.second, below(under, entry.first, entry.second), each);
    --depth_;
    return done;
  }

 private:
  static Under below(Under under, const YAML::Node& key, const YAML::Node& value) {
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    if (under == Under::all_secret) return name == "type" ? Under::nothing : under;
    if (!is_secret_key(name)) return Under::nothing;
    if (!value.IsMap()) return Under::secret;
    // A map of secrets by name; but `auth`, and `secret` at the top, say how, in keys of their own.
    return name == "auth" || name == "secret" ? Under::nothing : Under::all_secret;
  }

  const YamlDocument& document_;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;
};

/// The same document with every secret scalar as `***`, in nodes of its own.
YAML::Node with_masks(const YamlDocument& document, const std::set<int>& secret, const YAML::Node& node,
                      std::size_t& nodes) {
  if (++nodes > most_nodes) throw YAML::Exception(node.Mark(), "too large");
  if (node.IsScalar())
    return secret.contains(node.Mark().pos) ? YAML::Node(std::string(mask)) : YAML::Node(document.text_of(node));
  if (node.IsSequence()) {
    YAML::Node copy(YAML::NodeType::Sequence);
    for (const YAML::Node& one : node) copy.push_back(with_masks(document, secret, one, nodes));
    return copy;
  }
  if (node.IsMap()) {
    YAML::Node copy(YAML::NodeType::Map);
    for (const auto& entry : node)
      copy.force_insert(with_masks(document, secret, entry.first, nodes),
                        with_masks(document, secret, entry.second, nodes));
    return copy;
  }
  return YAML::Node();
}

bool are_same(const YAML::Node& left, const YAML::Node& right, const std::set<int>& secret, std::size_t& nodes) {
  if (++nodes > most_nodes || left.Type() != right.Type()) return false;
  if (left.IsScalar()) return right.Scalar() == (secret.contains(left.Mark().pos) ? std::string(mask) : left.Scalar());
  if (left.size() != right.size()) return false;
  for (auto one = left.begin(), other = right.begin(); one != left.end(); ++one, ++other) {
    if (left.IsSequence() && !are_same(*one, *other, secret, nodes)) return false;
    if (left.IsMap() &&
        (!are_same(one->first, other->first, secret, nodes) || !are_same(one->second, other->second, secret, nodes)))
      return false;
  }
  return true;
}

/// The text with its secret scalars replaced; nothing where that cannot be done safely.
std::optional<std::string> replaced(const YamlDocument& document, const Spans& spans, const std::set<int>& secret) {
  std::string text;
  std::string_view written = document.written;
  std::size_t at = 0;
  for (const auto& [begin, end] : spans) {
    if (begin < at || end > written.size()) return std::nullopt;
    text.append(written.substr(at, begin - at)).append("\"").append(mask).append("\"");
    at = end;
  }
  text += written.substr(at);
  const auto again = read_yaml(text);
  std::size_t nodes = 0;
  return again && are_same(document.root, again->root, secret, nodes) ? std::optional(text) : std::nullopt;
}

std::string masked(const YamlDocument& document) {
  Spans spans;
  std::set<int> secret;
  bool all_found = true;
  Walk walk(document);
  if (!walk.scalars(document.root, Walk::Under::nothing, [&](const YAML::Node& scalar, const auto& span) {
        secret.insert(scalar.Mark().pos);
        if (span)
          spans.insert(*span);
        else
          all_found = false;
      }))
    return std::string(not_shown);
  if (all_found)
    if (auto text = replaced(document, spans, secret)) return *std::move(text);
  std::size_t nodes = 0;
  YAML::Emitter out;
  out << with_masks(document, secret, document.root, nodes);
  return {out.c_str(), out.size()};
}

/// YAML has no such characters, and yaml-cpp takes some for the end of the text: what is behind them it does not see.
bool has_odd_characters(std::string_view text) {
  return text.starts_with("\xFE\xFF") || text.starts_with("\xFF\xFE") ||
         std::any_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
         });
}

}  // namespace

std::string mask_yaml(std::string_view yaml) {
  // yaml-cpp notices the end of the text within an open quote only where no line ends there.
  const std::size_t end = yaml.find_last_not_of(" \t\r\n") + 1;
  if (end == 0) return std::string(yaml);
  if (has_odd_characters(yaml)) return std::string(not_shown);
  try {
    const auto document = read_yaml(yaml.substr(0, end));
    if (!document) return std::string(not_shown);
    return mask_words(masked(*document).append(yaml.substr(end)));
  } catch (const YAML::Exception&) {
    return std::string(not_shown);  // why it is no YAML Vector says
  }
}

}  // namespace vf::supervisor
