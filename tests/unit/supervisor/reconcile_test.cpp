#include "supervisor/reconcile.h"

#include <catch2/catch.hpp>
#include <functional>

using namespace vf::supervisor;

namespace {

PipelineSpec spec(const std::string& id) {
  return {id, "name of " + id, 1, "checksum", "sources: {}", "info", {{"KEY", "value"}}, {{"a.pem", "bytes"}}};
}

/// What a plan does with each pipeline, in words.
std::map<std::string, std::string> in_words(const Plan& plan) {
  std::map<std::string, std::string> words;
  for (const PipelineSpec& one : plan.start) CHECK(words.emplace(one.id, "start").second);
  for (const PipelineSpec& one : plan.change) CHECK(words.emplace(one.id, "change").second);
  for (const PipelineSpec& one : plan.relabel) CHECK(words.emplace(one.id, "relabel").second);
  for (const std::string& id : plan.stop) CHECK(words.emplace(id, "stop").second);
  return words;
}

struct Known {
  std::map<std::string, PipelineSpec> specs;
  explicit Known(std::initializer_list<std::string> ids) {
    for (const std::string& id : ids) specs.emplace(id, spec(id));
  }
  [[nodiscard]] std::map<std::string, const PipelineSpec*> view() const {
    std::map<std::string, const PipelineSpec*> pointers;
    for (const auto& [id, one] : specs) pointers.emplace(id, &one);
    return pointers;
  }
};

using Words = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("what a difference between known and wanted asks for") {
  struct Row {
    const char* what;
    std::function<void(PipelineSpec&)> edit;
    const char* expected;  // "" : nothing
  };
  const Row rows[] = {
      {"nothing", [](PipelineSpec&) {}, ""},
      {"version", [](PipelineSpec& one) { one.version = 2; }, "relabel"},
      {"an older version", [](PipelineSpec& one) { one.version = 0; }, "relabel"},
      {"name", [](PipelineSpec& one) { one.name = "new"; }, "relabel"},
      {"checksum alone", [](PipelineSpec& one) { one.checksum = "other"; }, "change"},
      {"checksum gone", [](PipelineSpec& one) { one.checksum.clear(); }, "change"},
      {"YAML under an equal checksum", [](PipelineSpec& one) { one.config_yaml += " "; }, "change"},
      {"log level", [](PipelineSpec& one) { one.log_level = "debug"; }, "change"},
      {"a secret's value", [](PipelineSpec& one) { one.secrets["KEY"] = "new"; }, "change"},
      {"a secret more", [](PipelineSpec& one) { one.secrets["MORE"] = ""; }, "change"},
      {"a certificate's content", [](PipelineSpec& one) { one.certs[0].bytes = "new"; }, "change"},
      {"a certificate's name", [](PipelineSpec& one) { one.certs[0].filename = "b.pem"; }, "change"},
      {"a certificate less", [](PipelineSpec& one) { one.certs.clear(); }, "change"},
      {"version and YAML", [](PipelineSpec& one) { one.version = 2, one.config_yaml = "x"; }, "change"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const Known known{"p"};
    PipelineSpec wanted = spec("p");
    row.edit(wanted);
    CHECK(needs_new_process(known.specs.at("p"), wanted) == (std::string(row.expected) == "change"));
    const Plan plan = reconcile({{wanted}, {}, false}, known.view());
    CHECK(in_words(plan) == (*row.expected != 0 ? Words{{"p", row.expected}} : Words{}));
    CHECK(plan.empty() == (*row.expected == 0));
    for (const auto* planned : {&plan.change, &plan.relabel})
      for (const PipelineSpec& one : *planned) CHECK(one == wanted);
  }
}

TEST_CASE("an empty checksum on both sides lets content decide") {
  PipelineSpec known = spec("p");
  known.checksum.clear();
  PipelineSpec wanted = known;
  CHECK_FALSE(needs_new_process(known, wanted));
  wanted.config_yaml = "other";
  CHECK(needs_new_process(known, wanted));
}

TEST_CASE("what is new is started and what is absent is stopped") {
  const Known known{"a", "b", "c"};
  CHECK(in_words(reconcile({{spec("b"), spec("d")}, {}, false}, known.view())) ==
        Words{{"a", "stop"}, {"c", "stop"}, {"d", "start"}});
  CHECK(in_words(reconcile({}, known.view())) == Words{{"a", "stop"}, {"b", "stop"}, {"c", "stop"}});
  CHECK(reconcile({}, {}).empty());
}

TEST_CASE("what could not be understood is kept as it is, known or not") {
  const Known known{"a", "b"};
  CHECK(in_words(reconcile({{}, {"a", "never seen"}, false}, known.view())) == Words{{"b", "stop"}});
}

TEST_CASE("where a wish was too broken to say whose it was, nothing is stopped but the rest goes on") {
  const Known known{"a", "b"};
  PipelineSpec changed = spec("b");
  changed.checksum = "new";
  CHECK(in_words(reconcile({{changed, spec("c")}, {}, true}, known.view())) == Words{{"b", "change"}, {"c", "start"}});
}
