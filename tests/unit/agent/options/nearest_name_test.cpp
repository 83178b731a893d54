#include "agent/nearest_name.h"

#include <catch2/catch.hpp>

using vf::agent::edit_distance;
using vf::agent::nearest_name;

TEST_CASE("one slip of the fingers is a distance of one") {
  CHECK(edit_distance("VF_URL", "VF_URL") == 0);
  CHECK(edit_distance("VF_UR", "VF_URL") == 1);    // missing
  CHECK(edit_distance("VF_URLL", "VF_URL") == 1);  // too many
  CHECK(edit_distance("VF_URI", "VF_URL") == 1);   // wrong
  CHECK(edit_distance("VF_RUL", "VF_URL") == 1);   // swapped
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is the one with the fewest slips, the first of several") {
  CHECK(nearest_name("VF_TOKN", {"VF_URL", "VF_TOKEN", "VF_TOKEN_FILE"}) == "VF_TOKEN");
  CHECK(nearest_name("b", {"a", "c"}) == "a");
  CHECK(nearest_name("anything", {}).empty());
}
