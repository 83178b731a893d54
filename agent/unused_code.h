// Code that only the start needed (OpenSSL's and the C++ library's set-up, option parsing, …) stays mapped, megabytes
// of it, and counts as this process's memory. It is given back once the start is over; what is called again is mapped
// again from the page cache.
#pragma once

namespace vf::agent {

/// Blocks for a moment: on a worker.
void give_back_unused_code();

}  // namespace vf::agent
