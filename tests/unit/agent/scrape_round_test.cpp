#include "agent/scrape_round.h"

#include <catch2/catch.hpp>

using std::chrono::milliseconds;
using std::chrono::seconds;
using vf::agent::scrape_pace;
using vf::agent::ScrapePace;

TEST_CASE("few pipelines are scraped one at a time, and then there is a rest") {
  const ScrapePace pace = scrape_pace(10, seconds(15));
  CHECK(pace.at_once == 1);
  CHECK(pace.apart == milliseconds(200));
  CHECK(pace.apart * 10 + pace.rest == seconds(15));
}

TEST_CASE("however many they are, a round ends within its interval") {
  for (const std::size_t pipelines : {1U, 59U, 60U, 61U, 500U, 1000U, 4999U}) {
    for (const milliseconds interval :
         {milliseconds(1000), milliseconds(5000), milliseconds(15000), milliseconds(300000)}) {
      CAPTURE(pipelines, interval.count());
      const ScrapePace pace = scrape_pace(pipelines, interval);
      const auto handfuls = static_cast<long>((pipelines + pace.at_once - 1) / pace.at_once);
      CHECK(pace.apart * handfuls <= interval * 4 / 5);
      CHECK(pace.apart * handfuls + pace.rest == interval);
    }
  }
}

TEST_CASE("500 pipelines are a trickle, not a wave") {
  CHECK(scrape_pace(500, seconds(15)).at_once <= 10);
}

TEST_CASE("without a pipeline, and with no interval at all, the pace is still one that waits") {
  CHECK(scrape_pace(0, seconds(15)).rest == seconds(15));
  CHECK(scrape_pace(0, milliseconds(0)).rest == milliseconds(100));
  CHECK(scrape_pace(100, milliseconds(0)).at_once == 100);
}
