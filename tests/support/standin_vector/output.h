// What the modes make the stand-in print: lines, raw bytes, its environment and descriptors, and floods.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/standin_vector/modes.h"

namespace standin {

/// What only the first moments of main() can see: the descriptors that were inherited.
struct ProcessFacts {
  std::vector<std::string> descriptors;  ///< "3 -> /path"
};
ProcessFacts gather_process_facts();

/// The one-time prints of `modes`, in this order: print_process, list_fds, print_env, print, print_stdout, print_raw.
void print_all(const Modes& modes, const ProcessFacts& facts);

/// Lines at a rate, each numbered through the life of the process: `n=000000000042`.
class FloodWriter {
 public:
  explicit FloodWriter(boost::asio::io_context& io) : timer_(io) {}
  void start(const Flood& flood);
  void stop() { timer_.cancel(); }

 private:
  void tick();
  void write(std::uint64_t lines);

  boost::asio::steady_timer timer_;
  Flood flood_;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t written_ = 0;  ///< of this flood
  std::uint64_t number_ = 0;   ///< over all floods
};

}  // namespace standin
