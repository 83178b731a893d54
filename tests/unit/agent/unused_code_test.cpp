#include "agent/unused_code.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace vf::agent {
namespace {

/// Pages of this process that are in memory.
long resident() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long in_memory = 0;
  statm >> size >> in_memory;
  REQUIRE(statm);
  return in_memory;
}

std::map<std::string, int> relocated_data{{"a", 1}, {"b", 2}};

}  // namespace

TEST_CASE("code that is not needed now is given back, and what is needed again is there") {
  const long before = resident();
  give_back_unused_code();
  CHECK(resident() < before);
  relocated_data["c"] = 3;
  CHECK(relocated_data.size() == 3);
  CHECK_THROWS_AS(relocated_data.at("d"), std::out_of_range);  // the tables of unwinding too
}

}  // namespace vf::agent
