// LocalMessage: what is asked of the host's own view and what answers it, as docs/local-api.md has it; the server, the
// routes and the page's door speak in these. Pure.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vf::agent {

struct LocalRequest {
  std::string method;                        ///< "GET"
  std::string path;                          ///< decoded, as in "/status"
  std::vector<std::string> segments;         ///< the path between its slashes, each decoded: a name may hold a slash
  std::map<std::string, std::string> query;  ///< decoded; the last of a name
  /// Header fields; "" where there is none, and several of one name with ", " between.
  std::string host, origin, authorization;
};

/// An answer that goes on. Whoever sends it asks for more when the socket has taken what there was, so that a viewer
/// who does not read costs no more than what is on its way, and its own place.
class LineStream {
 public:
  virtual ~LineStream() = default;
  /// Once, before the first read(). `wake` says that there may be more to read: cheap, to be called from anywhere on
  /// the loop, and never calls read() itself.
  virtual void start(std::function<void()> wake) = 0;
  /// Appends what there is, whole lines, up to about `room` bytes (one line may be longer). False: that was the end.
  [[nodiscard]] virtual bool read(std::string& into, std::size_t room) = 0;
};

struct LocalAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< beside those that each answer has
  std::unique_ptr<LineStream> stream{};                        ///< instead of the body
};

/// To be called once, on the loop, at once or later. Where the client has gone by then nothing happens.
using Respond = std::function<void(LocalAnswer)>;
/// Called on the loop.
using LocalHandler = std::function<void(LocalRequest, Respond)>;

/// `{"error": sentence}`.
[[nodiscard]] LocalAnswer error_answer(unsigned status, std::string_view sentence);
[[nodiscard]] LocalAnswer stream_answer(std::unique_ptr<LineStream> stream);

/// "%41+b" as in a query: "A b"; in a path a '+' is one. What is no encoding stays as it is.
[[nodiscard]] std::string decode_query(std::string_view text);
[[nodiscard]] std::string decode_path(std::string_view text);

/// Takes the target of a request apart.
[[nodiscard]] LocalRequest read_target(std::string_view method, std::string_view target);

/// Appends `text`, which is UTF-8, as a JSON string.
void append_json(std::string& to, std::string_view text);

}  // namespace vf::agent
