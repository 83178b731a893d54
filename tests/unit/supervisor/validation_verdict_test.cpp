#include "supervisor/validation_verdict.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "logbuf/safe_text.h"
#include "supervisor/tidy_words.h"

using vf::supervisor::ExitStatus;
using vf::supervisor::first_line;
using vf::supervisor::validation_verdict;
using vf::supervisor::ValidationVerdict;
using Kind = vf::supervisor::ValidationVerdict::Kind;

namespace {

const std::vector<std::string> versions = {"0.54", "0.57"};

/// What a real `vector validate --skip-healthchecks run.yaml side.yaml` printed; the file's last line is its status.
ValidationVerdict recorded(const std::string& name, const std::map<std::string, std::string>& secrets = {}) {
  std::ifstream file(VF_SOURCE_DIR "/tests/unit/supervisor/fixtures/validate/" + name + ".txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t status = text.rfind("exit ");
  REQUIRE(status != std::string::npos);
  return validation_verdict(text.substr(0, status), {std::stoi(text.substr(status + 5)), 0}, secrets);
}

ValidationVerdict verdict(const std::string& output, ExitStatus status) {
  return validation_verdict(output, status, {});
}

struct Row {
  const char* name;
  const char* reason;
};

}  // namespace

TEST_CASE("what Vector takes is accepted, and its warnings are told") {
  for (const std::string& version : versions) {
    INFO(version);
    CHECK(recorded(version + ".ok").kind == Kind::accepted);
    CHECK(recorded(version + ".ok").reason.empty());
    CHECK(recorded(version + ".warning-unused").kind == Kind::accepted);
    CHECK(recorded(version + ".warning-unused").reason == "Transform \"idle\" has no consumers");
  }
}

TEST_CASE("what Vector refuses is refused in its own words, without what surrounds them") {
  const Row rows[] = {
      {"bad-yaml",
       "did not find expected ',' or ']' at line 2 column 2, while parsing a flow sequence at line 1 column 10"},
      {"unknown-type", "unknown variant `nosuch`, expected one of `filter`, `remap`, `route`\nin `transforms.parse`"},
      {"unknown-input", "Input \"nosuch\" for sink \"out\" doesn't match any components."},
      {"missing-env", "Missing environment variable in config. name = \"VF_SECRET_NAME\""},
      {"duplicate", "duplicate source id found: vf_internal_metrics"},
      {"cycle", "Cyclic dependency detected in the chain [ b -> a -> b ]"},
      {"missing-cert",
       "Source \"in\": Could not open certificate file \"certs/no.crt\": No such file or directory (os error 2)"},
      {"missing-table", "Enrichment Table \"t\": No such file or directory (os error 2)"},
      {"wrong-value", "invalid type: string \"fast\", expected usize\nin `sinks.out`"},
      {"data-dir-readonly", "data_dir \"d\" is not writable"},
      {"several",
       "Input \"x\" for transform \"a\" doesn't match any components.\n"
       "Input \"y\" for sink \"out\" doesn't match any components."},
  };
  for (const std::string& version : versions) {
    for (const Row& row : rows) {
      INFO(version << " " << row.name);
      CHECK(recorded(version + "." + row.name).kind == Kind::refused);
      CHECK(recorded(version + "." + row.name).reason == row.reason);
    }
  }
}

TEST_CASE("a VRL error is told once, with its lines as they are, whatever is printed around it") {
  for (const std::string& version : versions) {
    const std::string reason = recorded(version + ".bad-vrl").reason;
    CHECK(reason.starts_with(
        "Transform \"parse\":\nerror[E103]: unhandled fallible assignment\n  ┌─ :1:5\n  │\n1 │ . = "));
    CHECK(reason.ends_with("  = try your code in the VRL REPL, learn more at https://vrl.dev/examples"));
    CHECK(first_line(reason) == "Transform \"parse\": error[E103]: unhandled fallible assignment");
    for (const char* name : {".warning-and-error", ".log-debug", ".log-json", ".colour"}) {
      INFO(version << name);
      CHECK(recorded(version + name).kind == Kind::refused);
      CHECK(recorded(version + name).reason == reason);
    }
    const std::string both = recorded(version + ".bad-vrl-twice").reason;
    CHECK(both.starts_with("Transform \"other\":\nerror[E105]"));
    CHECK(both.find("\nTransform \"parse\":\nerror[E103]") != std::string::npos);
    CHECK(both.find("E105") == both.rfind("E105"));
  }
}

TEST_CASE("a secret that Vector quotes is masked, and never cut in two") {
  for (const std::string& version : versions) {
    INFO(version);
    CHECK(recorded(version + ".secret-quoted").reason.find("hunter22") != std::string::npos);
    CHECK(recorded(version + ".secret-quoted", {{"PASS", "hunter22"}}).reason ==
          "invalid type: string \"***\", expected usize\nin `sinks.out`");
  }
  const std::map<std::string, std::string> secrets = {{"PASS", "hunter22"}};
  for (std::size_t before = 2030; before < 2050; ++before) {
    const auto cut = validation_verdict("x " + std::string(before, 'a') + "hunter22", {78, 0}, secrets);
    CHECK(cut.reason.find("hunt") == std::string::npos);
    CHECK(cut.reason.size() <= vf::supervisor::max_reason_bytes);
  }
}

TEST_CASE("a call that went wrong says nothing about the configuration") {
  for (const std::string& version : versions) {
    INFO(version);
    const ValidationVerdict usage = recorded(version + ".usage");
    CHECK(usage.kind == Kind::unknown);
    CHECK(first_line(usage.reason) ==
          "vector validate ended with exit code 2: error: unexpected argument '--nosuch' found");
    const ValidationVerdict gone = recorded(version + ".no-file");
    CHECK(gone.kind == Kind::unknown);
    CHECK(gone.reason ==
          "vector validate ended with exit code 78 (bad configuration): Config file not found in path. "
          "path=\"gone.yaml\"");
    const ValidationVerdict panicked = recorded(version + ".bad-log");
    CHECK(panicked.kind == Kind::unknown);
    CHECK(panicked.reason.find("exit code 101: thread 'main'") != std::string::npos);
    CHECK(recorded(version + ".threads").kind == Kind::unknown);
  }
  CHECK(verdict("", {64, 0}).kind == Kind::unknown);
  CHECK(verdict("", {127, 0}).kind == Kind::unknown);
}

TEST_CASE("an end by a signal says nothing, whatever was printed before") {
  CHECK(verdict("x some error\n", {0, 9}).kind == Kind::unknown);
  CHECK(verdict("√ Loaded [\"a\"]\n", {0, 15}).kind == Kind::unknown);
  CHECK(verdict("", {0, 9}).reason == "vector validate ended with signal 9 (Killed)");
}

TEST_CASE("a host that is out of disk space, memory or descriptors says nothing about the configuration") {
  for (const char* code : {"28", "12", "24", "5", "122"}) {
    const std::string error =
        "x Could not create subdirectory \"validate_tmp\" inside of data dir \"d\": why (os error " +
        std::string(code) + ")\n";
    CHECK(verdict(error, {78, 0}).kind == Kind::unknown);
    CHECK(verdict(error, {78, 0}).reason.find("validate_tmp") != std::string::npos);
    CHECK(verdict(error + "x Sink \"a\" has no inputs\n", {78, 0}).kind == Kind::refused);
  }
  CHECK(verdict("x Could not open certificate file \"a\": (os error 2)\n", {78, 0}).kind == Kind::refused);
}

TEST_CASE("another validation that is in the way says nothing about the configuration") {
  const std::string stage =
      "x Sink \"out\": error occurred when building buffer: failed to build individual stage 0: "
      "failed to load/create ledger: ";
  const std::string locked =
      stage + "failed to lock buffer.lock; is another Vector process running and using this buffer?\n";
  const std::string removed = stage + "ledger I/O error: No such file or directory (os error 2)\n";
  CHECK(verdict("√ Loaded [\"r.yaml\"]\n\nComponent errors\n----------------\n" + locked, {78, 0}).kind ==
        Kind::unknown);
  CHECK(verdict(removed, {78, 0}).kind == Kind::unknown);
  CHECK(verdict(removed + "x Sink \"a\" has no inputs\n", {78, 0}).kind == Kind::refused);
}

TEST_CASE("exit 1 refuses with an error text only, 78 with any words, and nothing said is unknown") {
  CHECK(verdict("x wrong\n", {1, 0}).kind == Kind::refused);
  CHECK(verdict("x wrong\n", {1, 0}).reason == "wrong");
  CHECK(verdict("something else\n", {1, 0}).kind == Kind::unknown);
  CHECK(verdict("", {1, 0}).kind == Kind::unknown);
  CHECK(verdict("✗ a later Vector's mark\n", {78, 0}).kind == Kind::refused);
  CHECK(verdict("✗ a later Vector's mark\n", {78, 0}).reason == "✗ a later Vector's mark");
  CHECK(verdict("", {78, 0}).kind == Kind::unknown);
  CHECK(verdict("x \n\n", {78, 0}).kind == Kind::unknown);
  CHECK(verdict("2026-11-21T14:52:04Z ERROR vector::x: Wrong. internal_log_rate_limit=false\n", {78, 0}).reason ==
        "Wrong.");
}

TEST_CASE("a line like a heading's ruler within an error is not mistaken for one") {
  CHECK(verdict("x bad\nab\n-----\nend\n", {78, 0}).reason == "bad\nab");
  CHECK(verdict("x bad\n  │ ---\nend\n", {78, 0}).reason == "bad\n  │ ---\nend");
}

TEST_CASE("whatever is printed, a reason is safe and bounded, and there is one unless it was accepted") {
  std::string noise = "x ";
  for (int i = 0; i < 100000; ++i) noise += static_cast<char>(i * 7919 % 256);
  for (const int code : {0, 1, 2, 78}) {
    for (const std::string& text : {noise, noise.substr(2), std::string("\0\xff\x1b[", 4), std::string("x \n"),
                                    std::string("~ \n"), std::string("x")}) {
      const ValidationVerdict judged = verdict(text, {code, 0});
      CHECK(vf::logbuf::is_safe(judged.reason));
      CHECK(judged.reason.size() <= vf::supervisor::max_reason_bytes);
      CHECK((judged.kind == Kind::accepted || !judged.reason.empty()));
    }
  }
}
