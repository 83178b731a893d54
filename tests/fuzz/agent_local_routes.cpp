// Whatever a client of the local view says: a request's head as "METHOD TARGET\nHOST\nORIGIN\nAUTHORIZATION" is taken
// apart without a crash, an answer says what it must, and nobody gets in without the token.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/local/page_access.h"
#include "agent/local/routes.h"
#include "agent/local/tap_stream.h"

namespace {

using namespace vf::agent;

void must(bool kept) {
  if (!kept) std::abort();
}

std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

void check_error(const LocalAnswer& answer) {
  must(answer.status >= 400 && answer.status < 600 && !answer.stream);
  must(answer.body.starts_with("{\"error\":\"") && answer.body.ends_with("\"}\n") && answer.body.size() < 4096);
  for (const char c : answer.body.substr(0, answer.body.size() - 1)) must(static_cast<unsigned char>(c) >= 0x20);
}

void check_route(const LocalRequest& request) {
  auto found = find_route(request);
  if (const auto* error = std::get_if<LocalAnswer>(&found)) return check_error(*error);
  const Route& route = std::get<Route>(found);
  must(request.method == (route.to == Route::To::restart ? "POST" : "GET"));
  must(route.lines <= 500);
  must(route.to != Route::To::tap || !route.component.empty());
  if (route.pipeline.empty()) return;
  const PipelineNames there{{"p1", "edge"}, {"p2", "twin"}, {"p3", "twin"}};
  const auto meant = find_pipeline(there, route.pipeline);
  if (const auto* error = std::get_if<LocalAnswer>(&meant)) return check_error(*error);
  must(std::get<std::string>(meant) == route.pipeline || std::get<std::string>(meant) == "p1");
}

void check_access(const LocalRequest& request) {
  const PageAccess access{"0123456789abcdef", "node-7"};
  const auto refused = refusal(request, access, true);
  if (refused) return check_error(*refused);
  must(request.authorization == "Bearer 0123456789abcdef");
  must(request.host.find_first_of(" ,/@") == std::string::npos && !request.host.empty());
  must(request.origin.empty() || request.origin.size() > request.host.size());
  // An address, or one of two names: no letter beyond those of hexadecimal numbers.
  if (!request.host.starts_with("[")) {
    const std::string name = request.host.substr(0, request.host.find(':'));
    must(name.size() <= 15 && (name.find_first_not_of("0123456789.") == std::string::npos || name.size() == 9 ||
                               name.size() == 6));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view line = take(text, '\n');
  const std::string_view method = take(line, ' ');
  LocalRequest request = read_target(method, line);
  must(request.path.size() <= line.size());
  for (const std::string& segment : request.segments) must(!segment.empty());
  request.host = take(text, '\n');
  request.origin = take(text, '\n');
  request.authorization = take(text, '\n');
  check_route(request);
  check_access(request);
  std::string json;
  append_json(json, text);
  must(json.size() >= text.size() + 2);
  return 0;
}
