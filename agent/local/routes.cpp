#include "agent/local/routes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "agent/nearest_name.h"

namespace vf::agent {
namespace {

constexpr std::size_t most_lines = 500;  // that a ring has
constexpr std::uint64_t most_events = 1'000'000'000;
constexpr std::size_t most_named = 10;
constexpr std::size_t longest_quoted = 120;

using Found = std::variant<Route, LocalAnswer>;

/// What was asked for, as far as it fits in a sentence.
std::string quoted(std::string_view text) {
  std::string shown(text.substr(0, longest_quoted));
  for (char& c : shown)  // an error is read in terminals
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) c = '?';
  return "\"" + shown + (text.size() > longest_quoted ? "…\"" : "\"");
}

Found only(std::string_view method, const LocalRequest& request) {
  LocalAnswer answer =
      error_answer(405, request.path.size() > longest_quoted ? "another method is needed here: " + std::string(method)
                                                             : quoted(request.path) + " takes " + std::string(method));
  answer.headers.emplace_back("Allow", method);
  return answer;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

/// A query's parameters, each read once into the route, or the sentence of what is wrong.
class Parameters {
 public:
  explicit Parameters(const LocalRequest& request) : query_(request.query) {}

  void flag(const char* name, bool& into) {
    if (const std::string* given = find(name)) {
      if (*given != "0" && *given != "1" && !given->empty()) return complain(name, *given, "0 or 1");
      into = *given != "0";
    }
  }
  template <typename Number>
  void count(const char* name, std::uint64_t most, Number& into) {
    if (const std::string* given = find(name)) {
      const auto value = number(*given, most);
      if (!value) return complain(name, *given, "a number from 0 to " + std::to_string(most));
      into = static_cast<Number>(*value);
    }
  }
  void text(const char* name, std::string& into) {
    if (const std::string* given = find(name)) into = *given;
  }

  /// What was asked for with a word that is none of these is not what was meant.
  [[nodiscard]] std::string problem() {
    for (const auto& [name, value] : query_) {
      if (!problem_.empty()) break;
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      problem_ = "there is no parameter " + quoted(name) + " here" +
                 (known_.empty() ? std::string() : "; there is " + some_of(known_));
    }
    return problem_;
  }

 private:
  const std::string* find(const char* name) {
    known_.emplace_back(name);
    const auto found = query_.find(name);
    return found == query_.end() ? nullptr : &found->second;
  }
  void complain(const char* name, const std::string& given, const std::string& takes) {
    if (problem_.empty())
      problem_ = "the parameter " + std::string(name) + " takes " + takes + ", not " + quoted(given);
  }

  const std::map<std::string, std::string>& query_;
  std::vector<std::string> known_;
  std::string problem_;
};

Found no_such_path(const LocalRequest& request) {
  return error_answer(404, "there is no " + quoted(request.path) +
                               " here; there are /status, /readings, /options, /metrics and /pipelines/NAME/inspect, "
                               "/logs, /tap and /restart");
}

Found finish(Parameters& parameters, Route route) {
  if (const std::string problem = parameters.problem(); !problem.empty()) return error_answer(400, problem);
  return route;
}

Found of_pipeline(const LocalRequest& request) {
  const std::string& what = request.segments[2];
  Route route;
  route.pipeline = request.segments[1];
  Parameters parameters(request);
  if (what == "restart") {
    if (request.method != "POST") return only("POST", request);
    route.to = Route::To::restart;
    return finish(parameters, std::move(route));
  }
  if (what != "inspect" && what != "logs" && what != "tap") return no_such_path(request);
  if (request.method != "GET") return only("GET", request);
  if (what == "inspect") {
    route.to = Route::To::inspect;
  } else if (what == "logs") {
    route.to = Route::To::logs;
    parameters.count("n", most_lines, route.lines);
    parameters.flag("follow", route.follow);
  } else {
    route.to = Route::To::tap;
    parameters.text("component", route.component);
    parameters.count("limit", most_events, route.limit);
    if (route.component.empty()) return error_answer(400, "say which component: ?component=ID");
  }
  return finish(parameters, std::move(route));
}

}  // namespace

std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most_named; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most_named ? text + " and " + std::to_string(names.size() - most_named) + " more" : text;
}

Found find_route(const LocalRequest& request) {
  const std::vector<std::string>& path = request.segments;
  if (path.size() == 3 && path[0] == "pipelines") return of_pipeline(request);
  if (path.size() != 1) return no_such_path(request);
  Route route;
  Parameters parameters(request);
  if (path[0] == "status") {
    route.to = Route::To::status;
  } else if (path[0] == "readings") {
    route.to = Route::To::readings;
    parameters.text("pipeline", route.pipeline);
    parameters.flag("components", route.components);
  } else if (path[0] == "options") {
    route.to = Route::To::options;
  } else if (path[0] == "metrics") {
    route.to = Route::To::metrics;
  } else {
    return no_such_path(request);
  }
  if (request.method != "GET") return only("GET", request);
  return finish(parameters, std::move(route));
}

std::variant<std::string, LocalAnswer> find_pipeline(const PipelineNames& there, const std::string& wanted) {
  std::vector<std::string> ids;
  for (const auto& [id, name] : there) {
    if (id == wanted) return id;
    if (name == wanted) ids.push_back(id);
  }
  if (ids.size() == 1) return ids.front();
  if (!ids.empty())
    return error_answer(409, std::to_string(ids.size()) + " pipelines have the name " + quoted(wanted) +
                                 "; use an id: " + some_of(ids));
  if (there.empty()) return error_answer(404, "there is no pipeline " + quoted(wanted) + ": none is wanted here");
  std::vector<std::string> names;
  for (const auto& [id, name] : there) names.push_back(name.empty() ? id : name);
  std::string sentence = "there is no pipeline " + quoted(wanted);
  if (names.size() > most_named) sentence += "; the nearest one is " + nearest_name(wanted, names);
  return error_answer(404, sentence + "; there is " + some_of(names));
}

}  // namespace vf::agent
