#include "agent/commands/top_rates.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "agent/commands/json_reading.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

// Figures that are older tell of another time.
constexpr double longest_age_ms = 60'000;
// Vector's figures change every 5 s: of readings that are nearer to each other nothing can be told.
constexpr double shortest_step_ms = 4'500;
// Below it the clock's and the counter's grain makes nonsense of a share of CPU.
constexpr double shortest_cpu_ms = 900;

constexpr std::array<const char*, top_sorts> sort_names{"name", "in", "out", "errors", "memory", "cpu", "restarts"};

double rate(double now, double before, double milliseconds) {
  return std::max(0.0, now - before) * 1000 / milliseconds;
}

std::optional<double> key_of(const TopRow& row, TopSort sort) {
  switch (sort) {
    case TopSort::name:
      return std::nullopt;
    case TopSort::in:
      return row.in;
    case TopSort::out:
      return row.out;
    case TopSort::errors:
      return row.errors;
    case TopSort::memory:
      return row.memory;
    case TopSort::cpu:
      return row.cpu;
    case TopSort::restarts:
      return static_cast<double>(row.restarts);
  }
  return std::nullopt;
}

}  // namespace

TopSort top_sort_named(const std::string& name) {
  const auto found = std::find(sort_names.begin(), sort_names.end(), name);
  return found == sort_names.end() ? TopSort::name : static_cast<TopSort>(found - sort_names.begin());
}

const char* to_string(TopSort sort) {
  return sort_names[static_cast<std::size_t>(sort)];
}

void TopRates::count(const json::object& one, double now, Before& before) {
  const auto at = number(one, "readAt");
  if (!at || now - *at > longest_age_ms) {
    before.in = before.out = before.errors = std::nullopt;
    return;
  }
  const Sample sample{*at, number(one, "eventsIn").value_or(0), number(one, "eventsOut").value_or(0),
                      number(one, "errors").value_or(0)};
  if (before.counters && sample.at <= before.counters->at) return;  // the same reading once more
  const double passed = before.counters ? sample.at - before.counters->at : 0;
  if (passed >= shortest_step_ms) {
    if (one.contains("eventsIn")) before.in = rate(sample.in, before.counters->in, passed);
    if (one.contains("eventsOut")) before.out = rate(sample.out, before.counters->out, passed);
    if (one.contains("errors")) before.errors = rate(sample.errors, before.counters->errors, passed);
  }
  before.counters = sample;
}

void TopRates::measure(const json::object& one, double now, Before& before) {
  const auto seconds = number(one, "cpuSeconds");
  if (!seconds) {
    before.cpu = before.cpu_seconds = std::nullopt;
    return;
  }
  if (before.cpu_seconds && now - *before.cpu_at < shortest_cpu_ms) return;
  if (before.cpu_seconds) before.cpu = 100 * rate(*seconds, *before.cpu_seconds, now - *before.cpu_at);
  before.cpu_at = now;
  before.cpu_seconds = seconds;
}

std::vector<TopRow> TopRates::take(const json::object& readings, const json::object& status) {
  std::map<std::string, std::string> states;
  for (const json::value& value : items(status, "pipelines"))
    if (value.is_object()) states[words(value.get_object(), "id")] = words(value.get_object(), "state");
  const double now = number(readings, "at").value_or(0);
  std::map<std::string, Before> after;
  std::vector<TopRow> rows;
  known_ = true;
  for (const json::value& value : items(readings, "pipelines")) {
    if (!value.is_object()) continue;
    const json::object& one = value.get_object();
    TopRow row;
    row.id = words(one, "id");
    row.name = words(one, "name").empty() ? row.id : words(one, "name");
    if (const auto found = states.find(row.id); found != states.end()) row.state = found->second;
    row.restarts = whole(one, "restarts");
    row.memory = number(one, "memoryBytes");
    Before before = before_[row.id];
    if (before.generation != whole(one, "generation"))
      before = Before{whole(one, "generation"), {}, {}, {}, {}, {}, {}, {}};
    if (one.contains("pid")) {
      count(one, now, before);
      measure(one, now, before);
      if (!before.in && !before.out) known_ = false;
      row.in = before.in;
      row.out = before.out;
      row.errors = before.errors;
      row.cpu = before.cpu;
    }
    after[row.id] = before;
    rows.push_back(std::move(row));
  }
  before_ = std::move(after);
  return rows;
}

void sort_rows(std::vector<TopRow>& rows, TopSort sort) {
  std::sort(rows.begin(), rows.end(), [sort](const TopRow& left, const TopRow& right) {
    const auto a = key_of(left, sort);
    const auto b = key_of(right, sort);
    if (a != b) return b < a;  // nothing is less than any number
    return std::tie(left.name, left.id) < std::tie(right.name, right.id);
  });
}

}  // namespace vf::agent
