#include "supervisor/yaml_document.h"

#include <yaml-cpp/eventhandler.h>

#include <sstream>

#include "supervisor/variable_references.h"

namespace vf::supervisor {
namespace {

struct DocumentCount final : YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override { ++count; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
  int count = 0;
};

}  // namespace

std::vector<YAML::Node> load_documents(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentCount documents;
  while (documents.count < 2 && parser.HandleNextDocument(documents)) continue;
  if (documents.count == 0) return {};
  if (documents.count > 1) return {YAML::Node(), YAML::Node()};
  return {YAML::Load(text)};
}

std::optional<YamlDocument> read_yaml(std::string_view yaml) {
  YamlDocument document{{}, with_plain_references(yaml), yaml};
  const std::vector<YAML::Node> documents = load_documents(document.plain);
  if (documents.size() != 1 || !documents[0].IsMap()) return std::nullopt;
  document.root.reset(documents[0]);
  return document;
}

}  // namespace vf::supervisor
