#include "supervisor/child_environment.h"

#include <catch2/catch.hpp>

using namespace vf::supervisor;

namespace {

constexpr const char* interpolation = "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION";

/// What a Vector gets, less the variable that every one of them gets.
Environment given(const Environment& own, const ChildEnvironmentRules& rules, const char* log_level,
                  const Environment& secrets) {
  Environment child = child_environment(own, rules, log_level, secrets);
  const auto allowed = child.find(interpolation);
  REQUIRE(allowed != child.end());
  if (!secrets.contains(interpolation)) {
    CHECK(allowed->second == "true");
    child.erase(allowed);
  }
  return child;
}

Environment inherited(const Environment& own) {
  return given(own, {}, "", {});
}

Environment strict(const Environment& own, std::vector<std::string> allow) {
  return given(own, {true, std::move(allow)}, "", {});
}

}  // namespace

TEST_CASE("a Vector gets what the agent has") {
  const Environment own = {{"PATH", "/usr/bin"}, {"AWS_SECRET_ACCESS_KEY", "s=e\ncret"},
                           {"EMPTY", ""},        {"lower", "1"},
                           {"VFX", "not ours"},  {"MY_VF_TOKEN", "nor this"}};
  CHECK(inherited(own) == own);
}

TEST_CASE("no VF_ variable reaches a Vector, known or not") {
  CHECK(inherited({{"VF_TOKEN", "secret"}, {"VF_URL", "http://x"}, {"VF_", ""}, {"VF_OF_TOMORROW", "1"}}).empty());
}

TEST_CASE("what systemd tells the agent is the agent's alone") {
  CHECK(inherited({{"NOTIFY_SOCKET", "/run/x"},
                   {"LISTEN_FDS", "1"},
                   {"LISTEN_PID", "1"},
                   {"LISTEN_FDNAMES", "a"},
                   {"WATCHDOG_USEC", "1"},
                   {"WATCHDOG_PID", "1"}})
            .empty());
  const Environment others = {{"NOTIFY_SOCKET_PATH", "x"}, {"LISTENER", "x"}, {"WATCHDOGS", "x"}};
  CHECK(inherited(others) == others);
}

TEST_CASE("no variable that is an option of the vector command reaches it") {
  // Out of src/cli.rs of its releases.
  for (const char* name : {"VECTOR_CONFIG",
                           "VECTOR_CONFIG_DIR",
                           "VECTOR_CONFIG_TOML",
                           "VECTOR_CONFIG_JSON",
                           "VECTOR_CONFIG_YAML",
                           "VECTOR_REQUIRE_HEALTHY",
                           "VECTOR_THREADS",
                           "VECTOR_LOG",
                           "VECTOR_LOG_FORMAT",
                           "VECTOR_COLOR",
                           "VECTOR_WATCH_CONFIG",
                           "VECTOR_WATCH_CONFIG_METHOD",
                           "VECTOR_WATCH_CONFIG_POLL_INTERVAL_SECONDS",
                           "VECTOR_INTERNAL_LOG_RATE_LIMIT",
                           "VECTOR_INTERNAL_LOGS_SOURCE_RATE_LIMIT",
                           "VECTOR_GRACEFUL_SHUTDOWN_LIMIT_SECS",
                           "VECTOR_NO_GRACEFUL_SHUTDOWN_LIMIT",
                           "VECTOR_OPENSSL_NO_PROBE",
                           "VECTOR_OPENSSL_LEGACY_PROVIDER",
                           "VECTOR_ALLOW_EMPTY_CONFIG",
                           "VECTOR_STRICT_ENV_VARS",
                           "VECTOR_DISABLE_ENV_VAR_INTERPOLATION",
                           "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION",
                           "VECTOR_MAX_DECOMPRESSED_SIZE_BYTES",
                           "VECTOR_CHUNK_SIZE_EVENTS"}) {
    INFO(name);
    CHECK(inherited({{name, "1"}}).empty());
  }
}

TEST_CASE("VECTOR_ names that are data of pipelines are kept") {
  const Environment data = {{"VECTOR_SELF_NODE_NAME", "node-7"},
                            {"VECTOR_HOSTNAME", "h"},
                            {"VECTOR_SELF_POD_NAME", "p"},
                            {"VECTOR_LOGS_BUCKET", "b"},
                            {"VECTORS", "v"}};
  CHECK(inherited(data) == data);
}

TEST_CASE("an allowlist lets through what it names and nothing else") {
  const Environment own = {{"A", "1"}, {"AB", "2"}, {"B_1", "3"}, {"B_", "4"}, {"B", "5"}, {"PATH", "6"}};
  CHECK(strict(own, {"A", "B_*"}) == Environment{{"A", "1"}, {"B_1", "3"}, {"B_", "4"}});
  CHECK(strict(own, {}).empty());
  CHECK(strict(own, {"*"}) == own);
  CHECK(strict(own, {""}).empty());
  CHECK(strict(own, {"a", "*B", "A?"}).empty());  // a name or a prefix, no other pattern
}

TEST_CASE("without strictness a list of names changes nothing") {
  CHECK(given({{"A", "1"}}, {false, {"B"}}, "", {}) == Environment{{"A", "1"}});
}

TEST_CASE("an allowlist brings back neither VF_ nor systemd's nor an option of vector") {
  const Environment own = {{"VF_TOKEN", "secret"},  {"VF_X", "1"},          {"VECTOR_CONFIG", "/x"},
                           {"VECTOR_LOG", "trace"}, {"NOTIFY_SOCKET", "1"}, {"LISTEN_FDS", "1"},
                           {"WATCHDOG_USEC", "1"}};
  CHECK(strict(own, {"VF_TOKEN", "VF_*", "VECTOR_CONFIG", "VECTOR_*", "NOTIFY_SOCKET", "LISTEN_*", "*"}).empty());
}

TEST_CASE("an allowlist does not hide what the pipeline itself is given") {
  CHECK(given({{"A", "1"}}, {true, {}}, "debug", {{"S", "s"}}) == Environment{{"S", "s"}, {"VECTOR_LOG", "debug"}});
}

TEST_CASE("the pipeline's log level is VECTOR_LOG, and without one there is none") {
  CHECK(given({{"VECTOR_LOG", "trace"}}, {}, "warn", {}) == Environment{{"VECTOR_LOG", "warn"}});
  CHECK(given({{"VECTOR_LOG", "trace"}}, {}, "", {}).empty());
}

TEST_CASE("every Vector may interpolate ${VAR}, whatever the agent's own variable says") {
  for (const bool is_strict : {false, true})
    CHECK(child_environment({{interpolation, "false"}}, {is_strict, {}}, "", {}) ==
          Environment{{interpolation, "true"}});
}

TEST_CASE("secrets win over everything, VF_ names of theirs included") {
  const Environment secrets = {{"A", "secret"}, {"VECTOR_LOG", "error"}, {"VF_SECRET_KEY", "k"}, {interpolation, "no"}};
  CHECK(given({{"A", "own"}, {"VF_SECRET_KEY", "the agent's"}}, {}, "debug", secrets) == secrets);
}
