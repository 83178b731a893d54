// HTTP/1.1 on a wire: one request, one answer. cpp-httplib spells and parses; what it is not strict about is made
// strict here. The only place that includes it.
//
// Kept against any peer, whatever it sends: a first line of 1 KiB at most; 64 KiB at most of anything that is not
// content (head, chunk sizes, interim answers) in a row; a chunked body that was cut or garbled is not taken for whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/http_message.h"
#include "agent/http/wire.h"

namespace vf::agent {

struct HttpExchangeRequest {
  std::string method;  ///< GET, POST or CONNECT
  std::string target;  ///< of the request line, as it goes out
  std::string host;    ///< value of Host
  std::string user_agent;
  std::string bearer_token;         ///< "": no Authorization
  std::string proxy_authorization;  ///< "": none
  std::string_view body;            ///< of a POST; application/json
  bool accept_gzip = false;         ///< false: Accept-Encoding: identity
};

/// The answer's head, as far as we look at it.
struct HttpHead {
  int status = 0;
  std::string reason;
  std::string content_type;
  std::string location;
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::uint64_t> content_length;  ///< as sent: compressed, where it is
};

/// Who takes the answer while it comes. false: no more of it is wanted, and the connection is of no use any longer.
class HttpBodySink {
 public:
  virtual ~HttpBodySink() = default;
  virtual bool on_head(const HttpHead& head) = 0;
  virtual bool on_bytes(std::string_view bytes) = 0;  ///< decompressed
};

struct HttpExchangeEnd {
  std::optional<HttpHead> head;  ///< set as soon as on_head was called
  bool complete = false;         ///< the answer was taken as a whole
  bool stopped = false;          ///< the sink wanted no more
  bool reusable = false;         ///< the wire can carry another exchange
  bool heard_nothing = false;    ///< not a single byte came back
  HttpFailure failure;           ///< where neither complete nor stopped
};

/// `until_head` holds while writing and until the head has come, `afterwards` for the body.
[[nodiscard]] HttpExchangeEnd exchange(Wire& wire, const HttpExchangeRequest& request, HttpBodySink& sink,
                                       const IoLimits& until_head, const IoLimits& afterwards);

}  // namespace vf::agent
