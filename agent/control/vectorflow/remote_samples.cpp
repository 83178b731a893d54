#include "agent/control/vectorflow/remote_samples.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "agent/control/vectorflow/sample_body.h"

namespace vf::agent::vectorflow {
namespace {

constexpr std::size_t most_remembered = 4096;
// Beside what a heartbeat tells anyway, of the 8 MiB that the server takes.
constexpr std::size_t most_in_heartbeat = std::size_t{2} << 20;

}  // namespace

void RemoteSamples::remember(const std::string& request_id) {
  seen_.insert(request_id);
  seen_in_order_.push_back(request_id);
  if (seen_in_order_.size() > most_remembered) {
    seen_.erase(seen_in_order_.front());
    seen_in_order_.pop_front();
  }
}

void RemoteSamples::ask(const std::string& request_id, const std::string& pipeline_id,
                        const std::vector<std::string>& components, std::int64_t limit, bool listed) {
  if (!listed || seen_.contains(request_id)) return;
  if (under_way_ + answers_.size() >= most_waiting)  // a poll asks again
    return parts_.metrics.count_dropped(metrics::Dropped::sample_results, components.size());
  remember(request_id);
  tapper::SampleOrder order;
  order.pipeline_id = pipeline_id;
  for (const std::string& id : components)
    if (!id.empty() && order.component_ids.size() < most_components &&
        std::find(order.component_ids.begin(), order.component_ids.end(), id) == order.component_ids.end())
      order.component_ids.push_back(id);
  if (order.component_ids.empty()) return;
  order.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, most_limit));
  ++under_way_;
  parts_.sampler.run(std::move(order), [this, request_id](std::vector<tapper::ComponentSample> samples) {
    found(request_id, std::move(samples));
  });
}

void RemoteSamples::found(const std::string& request_id, std::vector<tapper::ComponentSample> samples) {
  const std::size_t components = samples.size();
  parts_.run_on_worker([this, request_id, components, samples = std::move(samples)]() mutable {
    std::string results = encode_sample_results(request_id, std::move(samples));
    boost::asio::post(parts_.loop, [this, components, results = std::move(results)]() mutable {
      --under_way_;
      answers_.push_back({std::move(results), components});
      parts_.on_answer_waits();
    });
  });
}

std::string RemoteSamples::body() const {
  return answers_.empty() ? std::string() : encode_samples(answers_.front().results);
}

void RemoteSamples::posted(int status) {
  if (answers_.empty()) return;
  Answer& answer = answers_.front();
  if (status == 0 || status == 429 || status >= 500) {
    ++answer.attempts;
    // A heartbeat is as good for one component; for several the server should have them all.
    if (answer.components > 1 && answer.attempts < most_attempts) return;
    if (for_heartbeat_.size() + answer.results.size() <= most_in_heartbeat) {
      if (!for_heartbeat_.empty()) for_heartbeat_ += ',';
      for_heartbeat_ += answer.results;
      parts_.on_heartbeat_wanted();
    } else {
      parts_.metrics.count_dropped(metrics::Dropped::sample_results, answer.components);
    }
  } else if (status != 200) {
    parts_.metrics.count_dropped(metrics::Dropped::sample_results, answer.components);
  }
  answers_.pop_front();
}

void RemoteSamples::told(const std::string& results) {
  if (!for_heartbeat_.starts_with(results)) return;
  for_heartbeat_.erase(0, results.size());
  if (for_heartbeat_.starts_with(',')) for_heartbeat_.erase(0, 1);
}

}  // namespace vf::agent::vectorflow
