#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "agent/commands/top_rates.h"
#include "agent/commands/top_text.h"

using namespace vf::agent;
namespace json = boost::json;

namespace {

json::object status(const char* state = "running") {
  return json::parse(R"({"pipelines": [{"id": "p1", "state": ")" + std::string(state) + R"("}]})").as_object();
}

json::object readings(std::int64_t at, std::int64_t read_at, std::int64_t in, double cpu, std::int64_t generation = 1) {
  json::object one{{"id", "p1"},     {"name", "edge"},      {"generation", generation}, {"pid", 7},
                   {"restarts", 2},  {"memoryBytes", 1024}, {"cpuSeconds", cpu},        {"readAt", read_at},
                   {"eventsIn", in}, {"eventsOut", in / 2}, {"errors", in / 10}};
  return json::object{{"at", at}, {"pipelines", json::array{std::move(one)}}};
}

std::vector<TopRow> many(std::size_t count) {
  std::vector<TopRow> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    rows[i].id = rows[i].name = "pipeline number " + std::to_string(1000 + i) + " with a long name";
    rows[i].state = "running";
    rows[i].in = static_cast<double>(i);
  }
  return rows;
}

}  // namespace

TEST_CASE("a rate is the difference of two readings by the time between them") {
  TopRates rates;
  auto row = rates.take(readings(1000, 1000, 500, 1.0), status())[0];
  CHECK_FALSE(row.in);
  CHECK_FALSE(rates.are_known());
  CHECK(row.memory == 1024.0);
  CHECK(row.state == "running");
  CHECK(row.restarts == 2);
  row = rates.take(readings(6000, 6000, 1500, 3.5), status())[0];
  CHECK(row.in == 200.0);
  CHECK(row.out == 100.0);
  CHECK(row.errors == 20.0);
  CHECK(row.cpu == 50.0);
  CHECK(rates.are_known());
}

TEST_CASE("the same reading once more changes no rate") {
  TopRates rates;
  (void)rates.take(readings(1000, 1000, 500, 1), status());
  (void)rates.take(readings(6000, 6000, 1500, 1), status());
  CHECK(rates.take(readings(8000, 6000, 1500, 1), status())[0].in == 200.0);
}

TEST_CASE("readings that are nearer to each other than Vector's own are no measure") {
  TopRates rates;
  (void)rates.take(readings(1000, 1000, 500, 1), status());
  CHECK_FALSE(rates.take(readings(2200, 2200, 1500, 1), status())[0].in);
  CHECK(rates.take(readings(7200, 7200, 2500, 1), status())[0].in == 200.0);
}

TEST_CASE("another process begins anew, and what was read long ago is not known") {
  TopRates rates;
  (void)rates.take(readings(1000, 1000, 500, 1), status());
  (void)rates.take(readings(6000, 6000, 1500, 1), status());
  CHECK_FALSE(rates.take(readings(11000, 11000, 10, 0, 2), status())[0].in);
  CHECK(rates.take(readings(16000, 16000, 60, 0, 2), status())[0].in == 10.0);
  CHECK_FALSE(rates.take(readings(100000, 16000, 60, 0, 2), status())[0].in);
}

TEST_CASE("without a process there are no figures") {
  TopRates rates;
  const auto rows = rates.take(json::parse(R"({"at": 5, "pipelines": [{"id": "p1", "name": "edge"}]})").as_object(),
                               status("crashed"));
  REQUIRE(rows.size() == 1);
  CHECK_FALSE((rows[0].in || rows[0].memory || rows[0].cpu));
  CHECK(rates.are_known());
}

TEST_CASE("rows are sorted by name, or the largest first with what is unknown last") {
  std::vector<TopRow> rows(3);
  rows[0].name = "c";
  rows[1].name = "a";
  rows[1].in = 1;
  rows[2].name = "b";
  rows[2].in = 5;
  sort_rows(rows, TopSort::in);
  CHECK(rows[0].name + rows[1].name + rows[2].name == "bac");
  sort_rows(rows, TopSort::name);
  CHECK(rows[0].name + rows[1].name + rows[2].name == "abc");
  for (int i = 0; i < top_sorts; ++i)
    CHECK(top_sort_named(to_string(static_cast<TopSort>(i))) == static_cast<TopSort>(i));
}

TEST_CASE("numbers are short") {
  CHECK(short_number({}) == "-");
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.01) == "<0.1");
  CHECK(short_number(3.24) == "3.2");
  CHECK(short_number(250) == "250");
  CHECK(short_number(999.9) == "1.0k");
  CHECK(short_number(20000) == "20.0k");
  CHECK(short_number(2.1e6) == "2.1M");
  CHECK(short_bytes(512 * 1024) == "512K");
  CHECK(short_bytes(1.5 * 1024 * 1024 * 1024) == "1.5G");
}

TEST_CASE("500 pipelines fit a terminal of 80 columns and 24 lines, and it is said how many more there are") {
  const auto rows = many(500);
  for (const std::size_t width : {20, 40, 80, 120})
    for (const std::size_t lines : {1, 4, 6, 24, 60}) {
      TopView view;
      view.lines = lines;
      view.problem = "no agent";
      const auto shown = top_text(rows, view, {width, false});
      CHECK(shown.size() <= std::max<std::size_t>(lines, 7));
      for (const std::string& line : shown) CHECK(columns(line) <= width);
    }
  TopView view;
  view.lines = 24;
  view.first = 490;
  const auto shown = top_text(rows, view, {80, false});
  CHECK(shown.back() == "481 more above, 0 more below; sorted by name");
  CHECK(shown[shown.size() - 2].find("1499") != std::string::npos);
  CHECK(shown.size() == 24);
}

TEST_CASE("all rows are shown where no terminal limits them, in colour only where asked for") {
  TopView view;
  const auto shown = top_text(many(30), view, {});
  CHECK(shown.size() == 34);
  for (const std::string& line : shown) CHECK(line.find('\x1b') == std::string::npos);
  CHECK(shown[1].find("30 of 30 running") == 0);
  const auto coloured = top_text(many(1), view, {0, true});
  CHECK(coloured.back().find("\x1b[32mrunning\x1b[0m") != std::string::npos);
}

TEST_CASE("a name cannot steer the terminal") {
  auto rows = many(1);
  rows[0].name = "a\x1b[2Jb";
  CHECK(top_text(rows, {}, {80, false}).back().find('\x1b') == std::string::npos);
}

TEST_CASE("as JSON what is not known is absent") {
  auto rows = many(1);
  const auto one = json::parse(top_json(rows)).at("pipelines").at(0).as_object();
  CHECK(one.at("eventsInPerSecond").to_number<double>() == 0);
  CHECK_FALSE(one.contains("cpuPercent"));
}
