// docs/local-api.md, request by request.
#include "agent/local/routes.h"

#include <catch2/catch.hpp>

using namespace vf::agent;
using Catch::Contains;

namespace {

Route route(const char* target, const char* method = "GET") {
  auto found = find_route(read_target(method, target));
  CAPTURE(target);
  REQUIRE(std::holds_alternative<Route>(found));
  return std::get<Route>(std::move(found));
}

LocalAnswer wrong(const std::string& target, const char* method = "GET") {
  auto found = find_route(read_target(method, target));
  CAPTURE(target);
  REQUIRE(std::holds_alternative<LocalAnswer>(found));
  return std::get<LocalAnswer>(std::move(found));
}

}  // namespace

TEST_CASE("each request of the contract is understood") {
  CHECK(route("/status").to == Route::To::status);
  CHECK(route("/options").to == Route::To::options);
  CHECK(route("/metrics").to == Route::To::metrics);
  CHECK(route("/readings").pipeline.empty());
  CHECK_FALSE(route("/readings").components);
  CHECK(route("/readings?components=1&pipeline=a%2Fb").components);
  CHECK(route("/readings?components=1&pipeline=a%2Fb").pipeline == "a/b");
  CHECK(route("/pipelines/a%2Fb%20c+d/inspect").pipeline == "a/b c+d");
  CHECK(route("/pipelines/x/logs").lines == 100);
  CHECK_FALSE(route("/pipelines/x/logs").follow);
  CHECK(route("/pipelines/x/logs?n=0&follow=1").lines == 0);
  CHECK(route("/pipelines/x/logs?n=500&follow").follow);
  CHECK(route("/pipelines/x/tap?component=in_%2A").component == "in_*");
  CHECK(route("/pipelines/x/tap?component=a&limit=7").limit == 7);
  CHECK(route("/pipelines/x/restart", "POST").to == Route::To::restart);
}

TEST_CASE("what is wrong with a request is said with what would be right") {
  CHECK(wrong("/pipelines/x/logs?n=501").status == 400);
  CHECK_THAT(wrong("/pipelines/x/logs?n=501").body, Contains("0 to 500"));
  for (const char* number : {"", "-1", "1.5", "99999999999999999999", "1x"})
    CHECK(wrong(std::string("/pipelines/x/logs?n=") + number).status == 400);
  CHECK(wrong("/pipelines/x/logs?follow=yes").status == 400);
  CHECK_THAT(wrong("/pipelines/x/logs?lines=5").body, Contains("there is n, follow"));
  CHECK_THAT(wrong("/pipelines/x/tap").body, Contains("component"));
  CHECK(wrong("/status", "POST").status == 405);
  CHECK(wrong("/status", "POST").headers == std::vector<std::pair<std::string, std::string>>{{"Allow", "GET"}});
  CHECK(wrong("/pipelines/x/restart").status == 405);
  for (const char* path : {"", "/", "/nothing", "/pipelines", "/pipelines/x", "/pipelines/x/nothing",
                           "/pipelines//logs", "/status/more", "/pipelines/x/logs/more"})
    CHECK(wrong(path).status == 404);
  CHECK(wrong("/\"\x1b[31m\n" + std::string(5000, 'x')).body.size() < 500);
  CHECK(wrong("/\x1b[31m").body.find('\x1b') == std::string::npos);
}

TEST_CASE("a pipeline is found by its id first, then by a name that is its own") {
  const PipelineNames there{{"1", "edge"}, {"2", "twin"}, {"3", "twin"}, {"edge2", "1"}};
  CHECK(std::get<std::string>(find_pipeline(there, "1")) == "1");
  CHECK(std::get<std::string>(find_pipeline(there, "edge")) == "1");
  const auto twins = find_pipeline(there, "twin");
  CHECK(std::get<LocalAnswer>(twins).status == 409);
  CHECK_THAT(std::get<LocalAnswer>(twins).body, Contains("2, 3"));
  const auto unknown = find_pipeline(there, "egde");
  CHECK(std::get<LocalAnswer>(unknown).status == 404);
  CHECK_THAT(std::get<LocalAnswer>(unknown).body, Contains("edge, twin, twin, 1"));
  CHECK_THAT(std::get<LocalAnswer>(find_pipeline({}, "x")).body, Contains("none is wanted"));
}

TEST_CASE("of 500 pipelines the nearest is named, and a few") {
  PipelineNames many;
  for (int i = 0; i < 500; ++i) many.emplace_back(std::to_string(i), "pipeline-" + std::to_string(i));
  const std::string body = std::get<LocalAnswer>(find_pipeline(many, "pipelin-77")).body;
  CHECK_THAT(body, Contains("nearest one is pipeline-77;"));
  CHECK_THAT(body, Contains("and 490 more"));
}

TEST_CASE("an error that quotes what is no UTF-8 is JSON all the same") {
  const LocalAnswer answer = error_answer(404, "there is no a\xFF\xC2\x9B here");
  CHECK(answer.body == "{\"error\":\"there is no a\xEF\xBF\xBD\xEF\xBF\xBD here\"}\n");
}

TEST_CASE("JSON that is written by hand is JSON") {
  std::string text;
  append_json(text, "a\"b\\c\n\x01\xC3\xA9");
  CHECK(text == "\"a\\\"b\\\\c\\u000a\\u0001\xC3\xA9\"");
}
