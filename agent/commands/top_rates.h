// TopRates: from the agent's cumulative figures to rates, one row a pipeline. Pure: the time is in the answers.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vf::agent {

/// What is not known is nothing.
struct TopRow {
  std::string id, name, state;
  std::optional<double> in, out, errors;  ///< events a second
  std::optional<double> memory;           ///< bytes
  std::optional<double> cpu;              ///< percent of one core
  std::int64_t restarts = 0;
};

enum class TopSort { name, in, out, errors, memory, cpu, restarts };
inline constexpr int top_sorts = 7;

/// "memory"; what is none of these is by name.
[[nodiscard]] TopSort top_sort_named(const std::string& name);
[[nodiscard]] const char* to_string(TopSort sort);

class TopRates {
 public:
  /// From what GET /readings and GET /status answer; in the order of the former.
  std::vector<TopRow> take(const boost::json::object& readings, const boost::json::object& status);

  /// Every process that was read at all was read twice, so that its rates are known.
  [[nodiscard]] bool are_known() const { return known_; }

 private:
  struct Sample {
    double at = 0, in = 0, out = 0, errors = 0;
  };
  struct Before {
    std::int64_t generation = 0;
    std::optional<Sample> counters;
    std::optional<double> cpu_at, cpu_seconds;
    std::optional<double> in, out, errors, cpu;
  };
  void count(const boost::json::object& one, double now, Before& before);
  void measure(const boost::json::object& one, double now, Before& before);

  std::map<std::string, Before> before_;
  bool known_ = false;
};

/// The largest first, what is not known last; by name where equal, and for TopSort::name.
void sort_rows(std::vector<TopRow>& rows, TopSort sort);

}  // namespace vf::agent
