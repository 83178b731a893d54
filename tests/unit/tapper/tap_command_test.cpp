#include "tapper/tap_command.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace vf::tapper {

TEST_CASE("an id is matched literally, glob characters and all") {
  CHECK(literal_pattern("parse") == "parse");
  CHECK(literal_pattern("a*b?c[d]") == "a[*]b[?]c[[]d[]]");
  CHECK(literal_pattern("a,b") == "a?b");
}

TEST_CASE("the URL has the form that this Vector wants") {
  TapOrder order;
  order.api_port = 8688;
  order.outputs_of = {"parse"};
  order.longest = std::chrono::milliseconds(15000);
  const auto has = [&](bool grpc, const std::string& argument) {
    const auto arguments = tap_arguments(order, grpc);
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
  };
  CHECK(has(false, "--url=http://127.0.0.1:8688/graphql"));
  CHECK(has(true, "--url=http://127.0.0.1:8688"));
  CHECK(has(true, "--outputs-of=parse,parse.*"));
  CHECK(has(true, "--interval=100"));
  CHECK(has(true, "--limit=200"));
  CHECK(has(true, "--duration-ms=15000"));
  CHECK(has(true, "--no-reconnect"));
  CHECK_FALSE(has(true, "--quiet"));  // its notices are read
}

TEST_CASE("outputs and inputs are asked for in one command") {
  TapOrder order;
  order.outputs_of = {"a", "b*"};
  order.inputs_of = {"s", "t"};
  const auto arguments = tap_arguments(order, false);
  CHECK(arguments[0] == "tap");
  CHECK(arguments[1] == "--outputs-of=a,a.*,b[*],b[*].*");
  CHECK(arguments[2] == "--inputs-of=s,t");
}

}  // namespace vf::tapper
