// What is told of samples: `results` of POST /api/agent/samples, which are a heartbeat's `sampleResults` as well. Wire:
// protocol.md, "Sample result". Pure; a worker's job: it may be megabytes.
//
// The server loses a post with a NUL in it, and with half of a surrogate pair: both become U+FFFD (the latter where the
// event was read, tapper/event_reader.h).
#pragma once

#include <string>
#include <vector>

#include "tapper/sampler.h"

namespace vf::agent::vectorflow {

/// The elements of the array, a comma between them.
[[nodiscard]] std::string encode_sample_results(const std::string& request_id,
                                                std::vector<tapper::ComponentSample> samples);
/// The body of a post.
[[nodiscard]] std::string encode_samples(const std::string& results);

}  // namespace vf::agent::vectorflow
