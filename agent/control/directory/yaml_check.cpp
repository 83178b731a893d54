#include "agent/control/directory/yaml_check.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>

#include <utility>
#include <vector>
#include "supervisor/variable_references.h"

namespace vf::agent {
namespace {

/// Sees a document go by and keeps nothing of it: 8 MiB of YAML as nodes would be hundreds.
class RootWatcher final : public YAML::EventHandler {
 public:
  [[nodiscard]] bool is_mapping() const { return root_is_mapping_; }
  [[nodiscard]] bool is_nothing() const { return root_is_null_; }
  [[nodiscard]] const YAML::Mark& root() const { return root_; }
  /// Where the innermost sequence or mapping begins that has not ended; nothing outside of any.
  [[nodiscard]] std::optional<YAML::Mark> innermost() const {
    return open_.empty() ? std::nullopt : std::optional(open_.back());
  }

  void OnDocumentStart(const YAML::Mark& mark) override { root_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (!seen_) root_is_null_ = true;
    see(mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { see(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string&) override { see(mark); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    see(mark);
    open_.push_back(mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    if (!seen_) root_is_mapping_ = true;
    see(mark);
    open_.push_back(mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  void see(const YAML::Mark& mark) {
    if (!seen_) root_ = mark;
    seen_ = true;
  }

  YAML::Mark root_;
  std::vector<YAML::Mark> open_;
  bool seen_ = false;
  bool root_is_mapping_ = false;
  bool root_is_null_ = false;
};

YamlError error_at(const YAML::Mark& mark, std::string reason) {
  const auto one_based = [](int zero_based) { return zero_based < 0 ? 1U : static_cast<std::size_t>(zero_based) + 1; };
  return {one_based(mark.line), one_based(mark.column), std::move(reason)};
}

std::optional<YamlError> check(const std::string& text, RootWatcher& first) {
  // yaml-cpp notices the end of the file within an open quote only where no line ends there.
  std::istringstream stream(
      supervisor::with_plain_references(std::string_view(text).substr(0, text.find_last_not_of(" \t\r\n") + 1)));
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(first) || first.is_nothing()) {
    return error_at(YAML::Mark(), "the file is empty; it must hold Vector's configuration");
  }
  if (!first.is_mapping()) {
    return error_at(first.root(), "the file must be a mapping, with keys such as sources: and sinks:");
  }
  RootWatcher second;
  if (parser.HandleNextDocument(second)) {
    return error_at(second.root(), "a second YAML document begins here; the file must hold one");
  }
  return std::nullopt;
}

}  // namespace

std::optional<YamlError> check_yaml(const std::string& text) {
  RootWatcher first;
  try {
    return check(text, first);
  } catch (const YAML::Exception& error) {
    // Where the file ends within brackets yaml-cpp names the last line, column 0; where they open is what helps.
    const bool unclosed = error.mark.column == 0 && (error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW ||
                                                     error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW);
    return error_at(unclosed ? first.innermost().value_or(error.mark) : error.mark, error.msg);
  } catch (const std::exception& error) {
    return YamlError{1, 1, std::string("the YAML parser failed: ") + error.what()};
  }
}

}  // namespace vf::agent
