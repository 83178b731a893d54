// How the options say that servers are reached.
#pragma once

#include "agent/http/http_message.h"
#include "agent/options.h"

namespace vf::agent {

[[nodiscard]] HttpSettings http_settings(const Options& options);

}  // namespace vf::agent
