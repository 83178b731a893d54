#include "supervisor/vector_log_line.h"

#include <catch2/catch.hpp>
#include <string>

using vf::supervisor::parse_vector_log_line;
using vf::supervisor::vector_words;
using Level = vf::supervisor::VectorLogLine::Level;

TEST_CASE("a line of Vector's log says how grave it is, which module said it, and what") {
  const auto info =
      parse_vector_log_line("2026-11-21T09:07:39.332085Z  INFO vector::signal: Signal received. signal=\"SIGHUP\"");
  REQUIRE(info);
  CHECK(info->level == Level::info);
  CHECK(info->target == "vector::signal");
  CHECK_FALSE(info->in_span);
  CHECK(info->text == "Signal received. signal=\"SIGHUP\"");

  const auto error = parse_vector_log_line("2026-11-21T09:07:42Z ERROR vector: a: b: c");
  REQUIRE(error);
  CHECK(error->level == Level::error);
  CHECK(error->target == "vector");
  CHECK(error->text == "a: b: c");
}

TEST_CASE("a line that a component said is known by its span") {
  const auto line = parse_vector_log_line(
      "2026-11-21T09:15:36.812340Z ERROR source{component_kind=\"source\" component_id=tcp component_type=socket}: "
      "vector::internal_events::socket: Error binding socket. error=TCP bind failed");
  REQUIRE(line);
  CHECK(line->in_span);
  CHECK(line->target.empty());
  CHECK(line->level == Level::error);
  // Whatever a component is called, its name does not become a target or a message.
  const auto forged = parse_vector_log_line(
      "2026-11-21T09:15:36.812340Z  INFO sink{component_id=a vector: Vector has reloaded.}: vector::x: y");
  REQUIRE(forged);
  CHECK(forged->in_span);
  CHECK(forged->target.empty());
}

TEST_CASE("a line in JSON is understood as the same") {
  const auto line = parse_vector_log_line(
      R"({"timestamp":"2026-11-21T09:07:39.336638Z","level":"ERROR","message":"Configuration error.",)"
      R"("error":"Transform \"a\": \nbad","internal_log_rate_limit":false,"target":"vector::cli"})");
  REQUIRE(line);
  CHECK(line->level == Level::error);
  CHECK(line->target == "vector::cli");
  CHECK_FALSE(line->in_span);
  CHECK(line->text == "Configuration error. error=Transform \"a\": \nbad internal_log_rate_limit=false");
  const auto spanned = parse_vector_log_line(
      R"({"timestamp":"2026-11-21T09:07:39.336638Z","level":"WARN","message":"m","target":"vector::x",)"
      R"("span":{"component_id":"a","name":"sink"},"spans":[{"component_id":"a","name":"sink"}]})");
  REQUIRE(spanned);
  CHECK(spanned->in_span);
  CHECK(spanned->target.empty());
}

TEST_CASE("a field of the name of Vector's own does not hide it") {
  const auto line = parse_vector_log_line(
      R"({"timestamp":"2026-11-21T14:52:04.748233Z","level":"INFO","message":"Log level is enabled.",)"
      R"("level":"\"info\"","target":"vector::app"})");
  REQUIRE(line);
  CHECK(line->level == Level::info);
  CHECK(line->target == "vector::app");
}

TEST_CASE("what is no log line is none") {
  for (const char* line : {
           "",
           " internal_log_rate_limit=false",
           "in `transforms.parse`",
           "error[E103]: unhandled fallible assignment",
           "INFO vector: Vector has reloaded.",
           " 2026-11-21T09:07:39.332085Z  INFO vector: Vector has reloaded.",
           "2026-11-21T09:07:39.332085Z  NOTE vector: Vector has reloaded.",
           "2026-11-21 09:07:39.332085Z  INFO vector: Vector has reloaded.",
           "2026-11-21T09:07:39.332085  INFO vector: Vector has reloaded.",
           "yyyy-11-21T09:07:39.332085Z  INFO vector: Vector has reloaded.",
           "{",
           "{}",
           "{\"message\":\"Vector has reloaded.\"}",
           "{\"timestamp\":\"t\",\"level\":\"INFO\",\"message\":\"Vector has reloaded.\"}",
           "{\"timestamp\":\"t\",\"level\":\"info\",\"message\":\"m\",\"target\":\"vector\"}",
       }) {
    INFO(line);
    CHECK_FALSE(parse_vector_log_line(line));
  }
}

TEST_CASE("of a logged error Vector's words are left") {
  CHECK(vector_words("Configuration error. error=bad thing internal_log_rate_limit=false") == "bad thing");
  CHECK(vector_words("Configuration error. error=a\nin `b`\n\n internal_log_rate_limit=false") == "a\nin `b`");
  CHECK(
      vector_words("Reload was not successful. reason=\"x\" error_code=\"reload\" error_type=\"configuration_failed\" "
                   "stage=\"processing\" internal_log_rate_limit=false") == "Reload was not successful. reason=\"x\"");
  CHECK(vector_words("Sinks unhealthy.") == "Sinks unhealthy.");
  CHECK(vector_words("Wrong. at stage=one of two") == "Wrong. at stage=one of two");
  CHECK(vector_words("Config reload rejected due to non-reloadable global options. changed_fields= "
                     "internal_log_rate_limit=false") ==
        "Config reload rejected due to non-reloadable global options.");
  CHECK(vector_words("").empty());
}
