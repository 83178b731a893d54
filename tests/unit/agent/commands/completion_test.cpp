#include "agent/commands/completion.h"

#include <catch2/catch.hpp>

#include "agent/options_table.h"

using namespace vf::agent;

namespace {

std::string asked_at;

const NamesOfAgent names{[](const std::string& data_dir) {
                           asked_at = data_dir;
                           return std::vector<std::string>{"edge", "edge two", "core"};
                         },
                         [](const std::string& data_dir, const std::string& pipeline) {
                           asked_at = data_dir + " " + pipeline;
                           return std::vector<std::string>{"in", "parse"};
                         }};

std::vector<std::string> offered(std::vector<std::string> words) {
  std::vector<std::string> result;
  for (const Candidate& one : complete(std::move(words), "/default", names).candidates) result.push_back(one.word);
  return result;
}

bool offers(std::vector<std::string> words, const std::string& word) {
  const auto all = offered(std::move(words));
  return std::find(all.begin(), all.end(), word) != all.end();
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a first word is a command; hidden ones are not offered") {
  CHECK(offered({"sta"}) == Words{"status"});
  CHECK(offered({"un"}) == Words{"unenroll"});
  CHECK(offered({}).size() == offered({""}).size());
  CHECK_FALSE(offers({""}, "man-page"));
  CHECK(offers({"--"}, "--url"));
  CHECK(offers({"help", "lo"}, "logs"));
}

TEST_CASE("a pipeline's name comes from the agent on the data directory that the line names") {
  CHECK(offered({"logs", "ed"}) == Words{"edge", "edge two"});
  CHECK(asked_at == "/default");
  CHECK(offered({"logs", "-n", "5", "--data-dir", "/there", "c"}) == Words{"core"});
  CHECK(asked_at == "/there");
  CHECK(offered({"logs", "--data-dir=/here", "c"}) == Words{"core"});
  CHECK(asked_at == "/here");
  CHECK(offered({"tap", "edge two", "p"}) == Words{"parse"});
  CHECK(asked_at == "/default edge two");
}

TEST_CASE("flags are offered once, with their values") {
  CHECK(offers({"logs", "edge", "--"}, "--follow"));
  CHECK_FALSE(offers({"logs", "edge", "-f", "--"}, "--follow"));
  CHECK(offered({"status", "-o", ""}) == Words{"human", "json"});
  CHECK(offered({"status", "--output=j"}) == Words{"--output=json"});
  CHECK(offered({"completion", ""}) == Words{"bash", "zsh", "fish"});
  CHECK(offered({"top", "--sort", "me"}) == Words{"memory"});
}

TEST_CASE("files and folders are the shell's") {
  CHECK(complete({"validate", ""}, "", names).by_shell == ByShell::files);
  CHECK(complete({"validate", "a.yaml", ""}, "", names).by_shell == ByShell::files);
  CHECK(complete({"status", "--data-dir", ""}, "", names).by_shell == ByShell::folders);
  CHECK(complete({"run", "--ca-file", ""}, "", names).by_shell == ByShell::files);
}

TEST_CASE("every flag of the agent is offered to run") {
  for (const Option& option : option_table())
    if (const std::string flag = flag_of(option); !flag.empty()) CHECK(offers({"run", "--"}, flag));
}

TEST_CASE("nonsense is answered with nothing") {
  CHECK(offered({"nonsense", "x"}).empty());
  CHECK(offered({"help", "logs", ""}).empty());
  CHECK(offered({"status", "--nonsense=", ""}).size() > 0);
}
