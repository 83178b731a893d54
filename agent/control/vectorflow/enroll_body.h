// Enrolment: the body of POST /api/agent/enroll and its answer. Wire: VectorFlow agent contract v1, Endpoints. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "supervisor/result.h"

namespace vf::agent::vectorflow {

struct EnrollRequest {
  std::string token;  ///< the enrolment token; sent as it is, never shown
  std::string hostname;
  std::string os;  ///< <os>/<arch> in Go's spelling, as in linux/amd64
  std::string agent_version, vector_version;
  std::map<std::string, std::string> labels;
};

struct Enrolled {
  std::string node_id;
  std::string node_token;  ///< secret; printable ASCII without spaces, so that it can stand in an HTTP header
  std::string environment_id;
  std::string environment_name;  ///< for people
};

/// The body, never refused for its form: the host name is cut at 253 and is "unknown" where there is none, the other
/// texts are cut at 100 (UTF-16 units) and left out where empty; text is UTF-8 without NUL.
[[nodiscard]] std::string encode_enroll(const EnrollRequest& request);

/// The answer to a 200. Error: not JSON, or no `nodeToken` that an HTTP header can carry (1 .. 4096 printable ASCII
/// characters, surrounding white space taken off); the error never shows the token. The other fields are for people: ""
/// where they are missing.
[[nodiscard]] Result<Enrolled> decode_enrolled(std::string_view body);

}  // namespace vf::agent::vectorflow
