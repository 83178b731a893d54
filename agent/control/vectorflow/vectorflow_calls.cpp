// The calls to the server, each with what its answer means; vectorflow_control.cpp says when they are made.
#include <openssl/sha.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <tuple>
#include <utility>

#include "agent/control/vectorflow/cert_paths.h"
#include "agent/control/vectorflow/enroll_body.h"
#include "agent/control/vectorflow/error_text.h"
#include "agent/control/vectorflow/heartbeat_body.h"
#include "agent/control/vectorflow/log_body.h"
#include "agent/control/vectorflow/vectorflow_control.h"
#include "agent/version.h"
#include "supervisor/atomic_file.h"

namespace vf::agent::vectorflow {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

std::string digest(std::string_view body) {
  std::string bytes(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(),
         reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

}  // namespace

void VectorflowControl::send_enroll() {
  EnrollRequest enroll;
  enroll.token = parts_.options.token;
  enroll.hostname = parts_.identity.hostname;
  enroll.os = parts_.identity.os;
  enroll.agent_version = version;
  enroll.vector_version = parts_.node.vector_version();
  enroll.labels = parts_.identity.labels;
  http_.send(request(HttpMethod::post, "/api/agent/enroll", encode_enroll(enroll)),
             [this](const HttpResponse& response) { on_enrolled(response); });
}

void VectorflowControl::on_enrolled(const HttpResponse& response) {
  if (response.status != 200) return answered(Call::enroll, response, false);
  auto enrolled = decode_enrolled(response.body);
  if (!enrolled) {
    HttpResponse broken = response;
    broken.status = 502;  // as good as a gateway's: retried like any failing server
    broken.body = enrolled.error().message();
    return answered(Call::enroll, broken, false);
  }
  token_ = enrolled.value().node_token;
  parts_.log.info("enrolled as node " + one_line(enrolled.value().node_id, 100) + " of environment " +
                  one_line(enrolled.value().environment_name, 100));
  parts_.run_on_worker([this, data_dir = parts_.options.data_dir, token = token_] {
    const Status stored = store_node_token(data_dir, token);
    if (stored) return;
    boost::asio::post(parts_.loop, [this, why = stored.error().message()] {
      parts_.log.error(why + "; this run goes on, but the next start will have to enrol again");
    });
  });
  answered(Call::enroll, response, false);
}

void VectorflowControl::send_poll() {
  http_.send(request(HttpMethod::get, "/api/agent/config", ""), [this](HttpResponse response) {
    if (response.status != 200) return polled(response);
    // Megabytes are parsed and hashed on a worker; one that says what the last one said needs no parsing.
    parts_.run_on_worker([this, response = std::move(response), last = last_config_digest_,
                          data_dir = parts_.options.data_dir]() mutable {
      std::string now_digest = digest(response.body);
      if (now_digest == last) {
        boost::asio::post(parts_.loop, [this, response = std::move(response)] {
          parts_.listener.on_still_desired();
          polled(response);
        });
        return;
      }
      auto config = decode_config(response.body);
      if (config)
        for (supervisor::PipelineSpec& spec : config.value().desired.pipelines)
          if (!spec.certs.empty()) spec.config_yaml = relocate_certs(spec.config_yaml, data_dir, spec.certs);
      boost::asio::post(parts_.loop, [this, response = std::move(response), config = std::move(config),
                                      now_digest = std::move(now_digest)]() mutable {
        if (!config) {
          response.status = 502;
          response.body = config.error().message();
          return polled(response);
        }
        last_config_digest_ = std::move(now_digest);
        apply(std::move(config).value());
        polled(response);
      });
    });
  });
}

void VectorflowControl::polled(const HttpResponse& response) {
  parts_.metrics.poll_finished(response.duration, response.status == 200);
  answered(Call::poll, response, false);
}

Heartbeat VectorflowControl::snapshot() const {
  Heartbeat heartbeat;
  const auto now = steady_clock::now();
  std::set<std::string> told;
  for (const supervisor::PipelineStatus& status : parts_.node.statuses()) {
    // One that is not wanted any more is not the server's to see: it has deleted its row.
    // Before it has spoken, what is known from before is told: what a heartbeat leaves out loses its row.
    if (listed_known_ && !listed_.contains(status.id)) continue;
    told.insert(status.id);
    HeartbeatPipeline pipeline;
    pipeline.id = status.id;
    pipeline.version = status.version;
    pipeline.checksum = status.checksum;
    pipeline.process = status.state;
    if (status.pid) pipeline.pid = *status.pid;
    if (status.started) pipeline.uptime = std::chrono::duration_cast<seconds>(now - *status.started);
    if (status.pid) pipeline.readings = parts_.node.readings(status.id, status.generation);
    heartbeat.pipelines.push_back(std::move(pipeline));
  }
  for (const auto& [id, version_and_checksum] : listed_) {
    if (told.contains(id)) continue;
    HeartbeatPipeline pipeline;  // nothing of it exists here, but the server drops the status of what is not listed
    pipeline.id = id;
    std::tie(pipeline.version, pipeline.checksum) = version_and_checksum;
    pipeline.process = shutting_down_           ? supervisor::ProcessState::stopped
                       : refusals_.contains(id) ? supervisor::ProcessState::crashed
                                                : supervisor::ProcessState::waiting;
    heartbeat.pipelines.push_back(std::move(pipeline));
  }
  heartbeat.host = parts_.node.host();
  heartbeat.agent_version = version;
  heartbeat.vector_version = parts_.node.vector_version();
  heartbeat.deployment_mode = parts_.identity.deployment_mode;
  heartbeat.running_as = parts_.identity.running_as;
  heartbeat.update_error = update_error_;
  heartbeat.sample_results = samples_.for_heartbeat();
  heartbeat.labels = parts_.identity.labels;
  const metrics::HealthReadings health = parts_.metrics.health(now);
  heartbeat.health = {health.poll_errors_total, health.push_reconnects_total, health.heartbeat_errors_total,
                      health.push_connected,    health.pipelines_running,     health.uptime_seconds};
  return heartbeat;
}

void VectorflowControl::send_heartbeat(std::function<void()> then) {
  parts_.run_on_worker([this, heartbeat = snapshot(), then = std::move(then)]() mutable {
    LeftOut left_out;
    std::string body = encode_heartbeat(heartbeat, &left_out);
    boost::asio::post(parts_.loop, [this, body = std::move(body), left_out, then = std::move(then),
                                    told_error = std::move(heartbeat.update_error),
                                    told_samples = std::move(heartbeat.sample_results)]() mutable {
      if (left_out != LeftOut{})
        warn_once("the heartbeat does not fit the server's limit of 8 MiB: figures or samples are left out");
      http_.send(request(HttpMethod::post, "/api/agent/heartbeat", std::move(body)),
                 [this, left_out, then = std::move(then), told_error = std::move(told_error),
                  told_samples = std::move(told_samples)](const HttpResponse& response) {
                   parts_.metrics.heartbeat_finished(response.duration, response.status == 200);
                   if (response.status == 200 && update_error_ == told_error) update_error_.clear();
                   // Taken, or the reason why it was not: the next one is to be without them.
                   const bool retried = response.status == 0 || response.status == 429 || response.status > 500;
                   if (!retried && !told_samples.empty()) {
                     samples_.told(told_samples);
                     if (left_out.samples) parts_.metrics.count_dropped(metrics::Dropped::sample_results);
                   }
                   if (response.status == 400 || response.status == 500)
                     parts_.metrics.count_dropped(metrics::Dropped::heartbeats);
                   if (then) return then();
                   answered(Call::heartbeat, response, false);
                 });
    });
  });
}

void VectorflowControl::send_logs(std::function<void(bool answered)> then) {
  lines_known_ = false;
  parts_.listener.on_logs_leave();
  auto batch = shipper_.next(steady_clock::now());
  if (!batch) {
    if (then) return then(true);
    HttpResponse nothing_to_say;
    nothing_to_say.status = 200;
    return answered(Call::logs, nothing_to_say, false);
  }
  parts_.run_on_worker([this, batch = std::move(*batch), then = std::move(then)]() mutable {
    std::string body = encode_logs(batch.entries);
    boost::asio::post(
        parts_.loop, [this, number = batch.number, body = std::move(body), then = std::move(then)]() mutable {
          http_.send(request(HttpMethod::post, "/api/agent/logs", std::move(body)),
                     [this, number, then = std::move(then)](const HttpResponse& response) {
                       const auto now = steady_clock::now();
                       const auto given_up = shipper_.on_result(number, logbuf::outcome_of(response.status), now);
                       if (given_up)
                         parts_.log.warn("the server refuses log lines of pipeline " + given_up->pipeline_id +
                                         " (HTTP " + std::to_string(response.status) +
                                         "): " + std::to_string(given_up->lines) + " lines given up");
                       count_log_losses();
                       if (then) return then(logbuf::outcome_of(response.status) != logbuf::Outcome::retry);
                       answered(Call::logs, response, shipper_.has_pending(now));
                     });
        });
  });
}

void VectorflowControl::send_samples() {
  std::string body = samples_.body();
  if (body.empty()) {
    HttpResponse nothing_to_say;
    nothing_to_say.status = 200;
    return answered(Call::samples, nothing_to_say, false);
  }
  http_.send(request(HttpMethod::post, "/api/agent/samples", std::move(body)), [this](const HttpResponse& response) {
    samples_.posted(response.status);
    answered(Call::samples, response, samples_.waiting());
  });
}

}  // namespace vf::agent::vectorflow
