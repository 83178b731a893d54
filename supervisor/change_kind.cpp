#include "supervisor/change_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "supervisor/own_api.h"
#include "supervisor/yaml_document.h"

namespace vf::supervisor {
namespace {

using Reasons = std::vector<std::string>;
using Sections = std::map<std::string, YAML::Node>;

constexpr std::size_t max_reasons = 5;
constexpr std::array<std::string_view, 7> reloadable = {"sources", "transforms",   "sinks", "enrichment_tables",
                                                        "tests",   "healthchecks", "secret"};

/// Every ${…} becomes a plain word that is another for another reference; what stays may not be YAML otherwise.
std::string with_named_references(std::string_view yaml) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  while (true) {
    const std::size_t begin = yaml.find("${");
    out += yaml.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    yaml.remove_prefix(begin);
    const std::size_t end = yaml.find_first_of("}\n");
    if (end == std::string_view::npos || yaml[end] == '\n') {
      out += yaml.substr(0, 2);
      yaml.remove_prefix(2);
      continue;
    }
    out += "vf_reference_";
    for (const char c : yaml.substr(2, end - 2)) {
      out += hex[static_cast<unsigned char>(c) >> 4U];
      out += hex[static_cast<unsigned char>(c) & 0xFU];
    }
    yaml.remove_prefix(end + 1);
  }
}

/// What `<<: *base` at the top level brings, as Vector does it: keys that are there already win.
void merge_in(Sections& sections, const YAML::Node& base) {
  if (base.IsSequence()) {
    for (const auto& one : base)
      if (one.IsMap()) merge_in(sections, one);
  } else if (base.IsMap()) {
    for (const auto& entry : base)
      if (entry.first.IsScalar()) sections.emplace(entry.first.Scalar(), entry.second);
  }
}

/// nullopt where the text is not one YAML map (or nothing).
std::optional<Sections> sections_of(const std::string& yaml) {
  try {
    const std::vector<YAML::Node> documents = load_documents(with_named_references(yaml));
    Sections sections;
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) return sections;
    if (documents.size() != 1 || !documents[0].IsMap()) return std::nullopt;
    std::optional<YAML::Node> base;
    for (const auto& entry : documents[0]) {
      if (!entry.first.IsScalar()) return std::nullopt;
      if (entry.first.Scalar() == "<<") {
        base.emplace(entry.second);
      } else {
        sections.emplace(entry.first.Scalar(), entry.second);
      }
    }
    if (base) merge_in(sections, *base);
    return sections;
  } catch (const YAML::Exception&) {
    return std::nullopt;  // Vector reads the same text and says why in its own words
  }
}

/// Compares what two nodes say, whatever their style and the order of keys. Bounded: aliases make small texts that are
/// huge, or endless, as trees; what is beyond the bounds is another.
class Comparison {
 public:
  bool alike(const YAML::Node& a, const YAML::Node& b, int depth = 0) {
    if (depth > max_depth || ++nodes_ > max_nodes || a.Type() != b.Type()) return false;
    if (a.IsScalar()) return a.Scalar() == b.Scalar();
    if (a.IsSequence()) return alike_sequences(a, b, depth);
    return !a.IsMap() || alike_maps(a, b, depth);
  }

 private:
  static constexpr int max_depth = 64;
  static constexpr std::size_t max_nodes = 10000;

  bool alike_sequences(const YAML::Node& a, const YAML::Node& b, int depth) {
    if (a.size() != b.size()) return false;
    for (auto of_a = a.begin(), of_b = b.begin(); of_a != a.end() && of_b != b.end(); ++of_a, ++of_b)
      if (!alike(*of_a, *of_b, depth + 1)) return false;
    return true;
  }

  bool alike_maps(const YAML::Node& a, const YAML::Node& b, int depth) {
    const auto entries_a = entries(a), entries_b = entries(b);
    if (!entries_a || !entries_b || entries_a->size() != entries_b->size()) return false;
    for (auto of_a = entries_a->begin(), of_b = entries_b->begin(); of_a != entries_a->end(); ++of_a, ++of_b)
      if (of_a->first != of_b->first || !alike(of_a->second, of_b->second, depth + 1)) return false;
    return true;
  }

  std::optional<Sections> entries(const YAML::Node& map) {
    if (nodes_ + map.size() > max_nodes) return std::nullopt;
    Sections found;
    for (const auto& entry : map)
      if (!entry.first.IsScalar() || !found.emplace(entry.first.Scalar(), entry.second).second) return std::nullopt;
    return found;
  }

  std::size_t nodes_ = 0;
};

template <typename Map, typename Alike>
void compare(const Map& before, const Map& after, Reasons& reasons, const std::string& what, const Alike& alike) {
  for (const auto& [name, value] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      reasons.push_back(what + name + " was removed");
    } else if (!alike(name, value, found->second)) {
      reasons.push_back(what + name + " changed");
    }
  }
  for (const auto& [name, value] : after)
    if (!before.contains(name)) reasons.push_back(what + name + " was added");
}

std::map<std::string, std::string> by_name(const std::vector<CertFile>& certs) {
  std::map<std::string, std::string> named;
  for (const CertFile& cert : certs) named.insert_or_assign(cert.filename, cert.bytes);
  return named;
}

void compare_sections(const Sections& before, const Sections& after, Reasons& reasons) {
  const auto fixed = [](Sections sections) {
    std::erase_if(sections, [](const auto& section) {
      return section.first == "api" ||
             std::find(reloadable.begin(), reloadable.end(), section.first) != reloadable.end();
    });
    return sections;
  };
  const auto alike = [](const std::string&, const YAML::Node& a, const YAML::Node& b) {
    return Comparison().alike(a, b);
  };
  compare(fixed(before), fixed(after), reasons, "the global option ", alike);
  const auto api_before = before.find("api"), api_after = after.find("api");
  const bool had = api_before != before.end(), has = api_after != after.end();
  if (had != has || (had && !Comparison().alike(api_before->second, api_after->second)))
    reasons.emplace_back("its api section changed");
}

std::string joined(const Reasons& reasons) {
  std::string text;
  for (std::size_t i = 0; i < std::min(reasons.size(), max_reasons); ++i) text += (i == 0 ? "" : ", ") + reasons[i];
  if (reasons.size() > max_reasons) text += " and " + std::to_string(reasons.size() - max_reasons) + " more";
  return text;
}

}  // namespace

Change change_between(const PipelineSpec& runs, const PipelineSpec& wanted) {
  Reasons reasons;
  const auto equal = [](const std::string&, const std::string& a, const std::string& b) { return a == b; };
  compare(runs.secrets, wanted.secrets, reasons, "the secret ", equal);
  if (runs.log_level != wanted.log_level) reasons.emplace_back("the log level changed");
  compare(by_name(runs.certs), by_name(wanted.certs), reasons, "the certificate ", equal);

  Change change;
  if (runs.config_yaml != wanted.config_yaml) {
    const std::string before = without_own_api(runs.config_yaml).value_or(runs.config_yaml);
    const std::string after = without_own_api(wanted.config_yaml).value_or(wanted.config_yaml);
    if (before != after) {
      change = {Change::Kind::reload, "its configuration changed"};
      const auto sections_after = sections_of(after);
      const auto sections_before = sections_of(before);
      if (sections_after && sections_before) {
        compare_sections(*sections_before, *sections_after, reasons);
      } else if (sections_after) {
        reasons.emplace_back("its configuration changed from one that could not be read");
      }
    }
  }
  if (!reasons.empty()) change = {Change::Kind::restart, joined(reasons)};
  return change;
}

}  // namespace vf::supervisor
