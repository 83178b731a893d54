// The push channel's transport over HttpConnection.
#pragma once

#include <memory>

#include "agent/http/http_message.h"
#include "push/stream_transport.h"

namespace vf::agent {

/// `settings` as for the control plane's other calls; each stream brings its own URL, of the same origin. `silence`
/// overrides the streams' own limit where it is not zero.
[[nodiscard]] std::unique_ptr<push::StreamTransport> make_stream_transport(HttpSettings settings,
                                                                           std::chrono::milliseconds silence = {});

}  // namespace vf::agent
