// RemoteSamples: the samples that the server asked for, by push, by poll or both: each requestId once. What they found
// is posted, all components of a request at once; where that fails for good it rides in a heartbeat, of which the
// server takes the first component only. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "metrics/agent_metrics.h"
#include "tapper/sampler.h"

namespace vf::agent::vectorflow {

class RemoteSamples {
 public:
  static constexpr std::size_t most_components = 16;
  static constexpr std::size_t most_limit = 1000;
  static constexpr std::size_t most_waiting = 32;  ///< requests that run, and answers to be posted
  static constexpr unsigned most_attempts = 3;     ///< at a post of several components

  struct Parts {
    boost::asio::io_context& loop;
    tapper::Sampler& sampler;
    metrics::AgentMetrics& metrics;
    std::function<void(std::function<void()>)> run_on_worker;
    std::function<void()> on_answer_waits;      ///< body() has something to post
    std::function<void()> on_heartbeat_wanted;  ///< for_heartbeat() has something to tell
  };

  explicit RemoteSamples(Parts parts) : parts_(std::move(parts)) {}

  /// `listed`: the server wants that pipeline here. Where it does not, another node answers.
  void ask(const std::string& request_id, const std::string& pipeline_id, const std::vector<std::string>& components,
           std::int64_t limit, bool listed);

  /// What is to be posted now; "" for nothing.
  [[nodiscard]] std::string body() const;
  /// How that went. `status` 0: no answer came.
  void posted(int status);
  [[nodiscard]] bool waiting() const { return !answers_.empty(); }

  /// Elements of a heartbeat's `sampleResults`; it is told of them until told().
  [[nodiscard]] const std::string& for_heartbeat() const { return for_heartbeat_; }
  void told(const std::string& results);

 private:
  struct Answer {
    std::string results;
    std::size_t components = 0;
    unsigned attempts = 0;
  };
  void found(const std::string& request_id, std::vector<tapper::ComponentSample> samples);
  void remember(const std::string& request_id);

  Parts parts_;
  std::set<std::string> seen_;
  std::deque<std::string> seen_in_order_;
  std::size_t under_way_ = 0;  // requests whose answer is not in answers_ yet
  std::deque<Answer> answers_;
  std::string for_heartbeat_;
};

}  // namespace vf::agent::vectorflow
