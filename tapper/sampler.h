// Sampler: some events of each of several components, once: the subprocesses of a tap, for as long as it takes. Loop's
// thread; nothing runs where nobody asks.
//
// All sources and transforms of an order share one subprocess, since `--meta` tells their events apart; the events a
// sink takes are told as those of what feeds it, so each sink has one of its own. At most most_at_once run, of all
// orders together; what waits, waits its turn.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tapper/tapper.h"

namespace vf::tapper {

struct SampleOrder {
  std::string pipeline_id;
  std::vector<std::string> component_ids;  ///< each once
  std::size_t limit = 1;                   ///< events of each component, 1..1000
};

struct ComponentSample {
  std::string component_id;
  std::vector<std::string> events;  ///< JSON objects
  std::string error;                ///< why there are none, for people; "" where there are some
};

class Sampler {
 public:
  static constexpr unsigned most_at_once = 4;
  static constexpr std::chrono::seconds longest{15};          ///< that one subprocess runs
  static constexpr std::size_t most_bytes_each = 384 * 1024;  ///< of one component's events

  /// As a Tapper's; `longest_watch` is that of one subprocess.
  explicit Sampler(Tapper::Parts parts);
  ~Sampler();  ///< ends all subprocesses; tells nobody

  /// `done` is called once, on the loop, never from inside this call, with each component in the order given: as soon
  /// as all have their events, or their time is over. Not after stop().
  void run(SampleOrder order, std::function<void(std::vector<ComponentSample>)> done);
  void stop();

  [[nodiscard]] std::size_t running() const;  ///< subprocesses

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vf::tapper
