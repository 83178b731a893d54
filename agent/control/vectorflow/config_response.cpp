#include "agent/control/vectorflow/config_response.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "agent/control/vectorflow/checksum.h"
#include "agent/control/vectorflow/config_pipeline.h"
#include "agent/control/vectorflow/error_text.h"
#include "logbuf/surrogates.h"

namespace vf::agent::vectorflow {

namespace {

namespace dom = simdjson::dom;
using supervisor::CertFile;
using supervisor::PipelineSpec;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds shortest_poll = 1s;
constexpr std::chrono::milliseconds longest_poll = 1h;
constexpr double largest_sample = 1000;    // events
constexpr std::size_t longest_shown = 80;  // characters of a foreign text in a warning

Error refuse(std::string reason) {
  return {"understand the server's config response", std::move(reason)};
}

std::string label_of(const PipelineSpec& spec) {
  const std::string id = one_line(spec.id, longest_shown);
  return spec.name.empty() || spec.name == spec.id ? id : spec.name + " (" + id + ")";
}

class Decoder {
 public:
  explicit Decoder(bool mended) : mended_(mended) {}

  Result<ConfigResponse> decode(const dom::element& root) {
    dom::object object;
    if (root.get(object)) return refuse("it is not a JSON object");
    dom::element pipelines;
    if (object.at_key("pipelines").get(pipelines)) return refuse("`pipelines` is missing");
    dom::array entries;
    if (pipelines.get(entries)) return refuse("`pipelines` is not an array");

    if (mended_) warn("the config response has unpaired surrogates, read as U+FFFD");
    for (const dom::element entry : entries) add_pipeline(entry);
    warn_of_shared_certs();
    read_poll_interval(object);
    read_push_url(object);
    read_sample_requests(object);
    read_pending_action(object);
    return std::move(out_);
  }

 private:
  void warn(std::string text) { out_.warnings.push_back(std::move(text)); }

  void add_pipeline(const dom::element& entry) {
    const std::size_t index = index_++;
    PipelineSpec spec;
    spec.id = read_pipeline_id(entry);
    if (spec.id.empty()) {
      ++out_.unidentified;
      warn("pipelines[" + std::to_string(index) + "] has no usable pipelineId and is ignored");
      return;
    }
    if (!ids_.insert(spec.id).second) {
      warn("pipeline " + one_line(spec.id, longest_shown) + " is there twice, the first one counts");
      return;
    }
    if (const Problem problem = read_pipeline(entry, spec); !problem.empty()) {
      std::string reason = "pipeline " + label_of(spec) + ": " + problem;
      out_.refusals.push_back({std::move(spec.id), std::move(spec.name), spec.version, std::move(reason)});
      return;
    }
    compare_checksum(spec);
    out_.desired.pipelines.push_back(std::move(spec));
  }

  void compare_checksum(const PipelineSpec& spec) {
    if (!is_sha256_hex(spec.checksum)) return;
    // The server hashes U+FFFD for an unpaired surrogate of the YAML, but the escape for one of a secret.
    if (mended_ && !spec.secrets.empty()) return;
    if (spec.checksum != expected_checksum(spec.config_yaml, spec.secrets))
      warn("pipeline " + label_of(spec) + ": the checksum is not that of the configuration and its secrets");
  }

  // Certificates of all pipelines lie in one folder.
  void warn_of_shared_certs() {
    std::unordered_map<std::string_view, const CertFile*> seen;
    for (const PipelineSpec& spec : out_.desired.pipelines) {
      for (const CertFile& cert : spec.certs) {
        const auto [first, inserted] = seen.emplace(cert.filename, &cert);
        if (!inserted && first->second->bytes != cert.bytes)
          warn("pipeline " + label_of(spec) + ": certificate " + one_line(cert.filename, longest_shown) +
               " differs from another pipeline's of the same name");
      }
    }
  }

  void read_poll_interval(const dom::object& root) {
    double milliseconds = 0;
    if (root.at_key("pollIntervalMs").get(milliseconds) || milliseconds <= 0) {
      warn("pollIntervalMs is not a number above 0 and is ignored");
      return;
    }
    const double clamped =
        std::clamp(milliseconds, static_cast<double>(shortest_poll.count()), static_cast<double>(longest_poll.count()));
    if (clamped != milliseconds) warn("pollIntervalMs is outside of 1 s .. 1 h and is clamped");
    out_.poll_interval = std::chrono::milliseconds(static_cast<std::int64_t>(clamped));
  }

  void read_push_url(const dom::object& root) {
    const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
    std::string url;
    if (read_text(root, "pushUrl", Need::optional, url).empty() && std::all_of(url.begin(), url.end(), printable))
      out_.push_url = std::move(url);
    else
      warn("pushUrl is not a URL and is ignored");
  }

  void read_sample_requests(const dom::object& root) {
    dom::element field;
    if (root.at_key("sampleRequests").get(field) || field.is_null()) return;
    dom::array requests;
    if (field.get(requests)) return warn("sampleRequests is not an array and is ignored");
    std::size_t index = 0;
    for (const dom::element entry : requests) {
      const std::string path = "sampleRequests[" + std::to_string(index++) + "]";
      SampleRequest request;
      if (const Problem problem = read_sample_request(entry, request); !problem.empty())
        warn(path + " is ignored: " + problem);
      else
        out_.sample_requests.push_back(std::move(request));
    }
  }

  static Problem read_sample_request(const dom::element& entry, SampleRequest& request) {
    dom::object object;
    if (entry.get(object)) return "it is not an object";
    if (Problem problem = read_text(object, "requestId", Need::required, request.request_id); !problem.empty())
      return problem;
    if (Problem problem = read_text(object, "pipelineId", Need::required, request.pipeline_id); !problem.empty())
      return problem;
    dom::array keys;
    if (object.at_key("componentKeys").get(keys)) return "componentKeys is not an array";
    for (const dom::element key : keys) {
      std::string_view text;
      if (key.get(text)) return "componentKeys has an element that is not a string";
      request.component_keys.emplace_back(text);
    }
    double limit = 0;
    if (object.at_key("limit").get(limit)) return "limit is not a number";
    request.limit = static_cast<std::int64_t>(std::clamp(limit, 1.0, largest_sample));
    return {};
  }

  void read_pending_action(const dom::object& root) {
    dom::element field;
    if (root.at_key("pendingAction").get(field) || field.is_null()) return;
    dom::object object;
    PendingAction action;
    Problem problem = field.get(object) ? Problem("it is not an object") : read_action(object, action);
    if (problem.empty())
      out_.pending_action = std::move(action);
    else
      warn("pendingAction is ignored: " + problem);
  }

  static Problem read_action(const dom::object& object, PendingAction& action) {
    Problem problem = read_text(object, "type", Need::required, action.type);
    if (problem.empty() && action.type != "self_update")
      problem = "its type is unknown: " + one_line(action.type, longest_shown);
    if (problem.empty()) problem = read_text(object, "targetVersion", Need::required, action.target_version);
    if (problem.empty()) problem = read_text(object, "downloadUrl", Need::required, action.download_url);
    if (problem.empty()) problem = read_text(object, "checksum", Need::required, action.checksum);
    if (problem.empty()) problem = read_text(object, "signature", Need::optional, action.signature);
    return problem;
  }

  const bool mended_;
  std::size_t index_ = 0;
  std::unordered_set<std::string> ids_;
  ConfigResponse out_;
};

}  // namespace

Result<ConfigResponse> decode_config(std::string_view body) {
  dom::parser parser;
  dom::element root;
  simdjson::error_code error = parser.parse(body.data(), body.size()).get(root);
  std::string mended;  // holds what `root` is parsed from
  if (error == simdjson::STRING_ERROR) {
    mended = body;
    if (logbuf::mend_surrogates(mended) == 0) mended.clear();
    if (!mended.empty()) error = parser.parse(mended).get(root);
  }
  if (error) return refuse(std::string("it is not JSON: ") + simdjson::error_message(error));
  return Decoder(!mended.empty()).decode(root);
}

}  // namespace vf::agent::vectorflow
