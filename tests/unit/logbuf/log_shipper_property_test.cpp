// The promise that matters most, under arbitrary refusals and interleavings: one refused pipeline never costs the
// others their lines. Every pipeline's lines carry their number, so what the server read (lines, and markers that stand
// for lines) must spell 0, 1, 2 ... without gap, doubling or disorder.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

#include "logbuf/log_shipper.h"
#include "tests/unit/logbuf/json_body.h"

namespace vf::logbuf {
namespace {

using namespace std::chrono_literals;

struct ModelPipeline {
  std::shared_ptr<LogRing> ring;  ///< null when there is no process
  bool listed = false;
  bool ever_refused = false;
  std::set<std::uint64_t> ring_starts;  ///< numbers of each ring's first line
  std::uint64_t pushed = 0;
  std::uint64_t read = 0;     ///< the server knows the fate of this many lines
  std::uint64_t shipped = 0;  ///< and has these
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    for (std::size_t i = 0, n = 1 + pick(12); i < n; ++i) add("p" + std::to_string(i));
  }

  void run() {
    for (int step = 0; step < 600; ++step) {
      act();
      check_counters();
    }
    settle();
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  bool chance(std::size_t one_in) { return pick(one_in) == 0; }
  ModelPipeline& any() {
    return std::next(pipelines_.begin(), static_cast<std::ptrdiff_t>(pick(pipelines_.size())))->second;
  }
  const std::string& any_id() {
    return std::next(pipelines_.begin(), static_cast<std::ptrdiff_t>(pick(pipelines_.size())))->first;
  }

  void add(const std::string& id) {
    ModelPipeline& pipeline = pipelines_[id];
    if (!pipeline.ring) {
      const std::size_t lines = 3 + pick(30);
      const std::size_t bytes = 64 + pick(3000);  // any one line fits
      pipeline.ring = std::make_shared<LogRing>(lines, bytes);
      pipeline.ring_starts.insert(pipeline.pushed);
    }
    pipeline.listed = true;
    shipper_.add(id, pipeline.ring);
  }

  void end_process(ModelPipeline& pipeline) {
    if (pipeline.listed || !pipeline.ring) return;
    pipeline.ring->close();
    pipeline.ring.reset();
  }

  void push(ModelPipeline& pipeline) {
    if (!pipeline.ring) return;
    for (std::size_t lines = chance(10) ? pick(80) : pick(4); lines > 0; --lines) {
      pipeline.ring->push(std::to_string(pipeline.pushed++) + " " + std::string(pick(40), '"'));
      ++pushed_;
    }
  }

  void act() {
    switch (pick(14)) {
      case 0: {
        const std::string& id = any_id();
        shipper_.retire(id);
        pipelines_[id].listed = false;
        break;
      }
      case 1:
        end_process(any());
        break;
      case 2:
        add(any_id());
        break;
      case 3:
        now_ += std::chrono::seconds(pick(400));
        break;
      case 4: {
        const std::string& id = any_id();
        if (chance(2)) {
          refused_.erase(id);
        } else if (chance(3)) {
          refused_.insert(id);
          pipelines_[id].ever_refused = true;
        }
        break;
      }
      case 5:
      case 6:
      case 7:
      case 8:
        post(chance(5));
        break;
      default:
        push(any());
        break;
    }
  }

  /// The post takes its time: the world goes on before its answer comes.
  void post(bool lost) {
    const bool pending = shipper_.has_pending(now_);
    const std::optional<LogBatch> batch = shipper_.next(now_);
    REQUIRE(batch.has_value() == pending);
    if (!batch) return;
    check_shape(*batch);
    if (!calm_) act_meanwhile();
    check_counters();

    const Outcome outcome = answer_of_server(*batch, lost);
    if (outcome == Outcome::delivered) {
      for (const LogEntry& entry : batch->entries) read(entry);
    }
    const auto given_up = shipper_.on_result(batch->number, outcome, now_);
    if (given_up) REQUIRE(pipelines_.at(given_up->pipeline_id).ever_refused);
  }

  void act_meanwhile() {
    for (std::size_t i = pick(4); i > 0; --i) push(any());
    if (chance(8)) {
      const std::string& id = any_id();
      shipper_.retire(id);
      pipelines_[id].listed = false;
      if (chance(2)) end_process(pipelines_[id]);
    }
    if (chance(8)) add(any_id());
  }

  Outcome answer_of_server(const LogBatch& batch, bool lost) {
    if (lost) return Outcome::retry;
    if (json_body(batch).size() > server_cap_) return Outcome::too_large;
    for (const LogEntry& entry : batch.entries) {
      if (refused_.contains(entry.pipeline_id)) return Outcome::refused;
    }
    return Outcome::delivered;
  }

  void check_shape(const LogBatch& batch) {
    REQUIRE_FALSE(batch.entries.empty());
    REQUIRE(json_body(batch).size() <= batch.body_bytes);
    std::set<std::string> ids;
    for (const LogEntry& entry : batch.entries) {
      REQUIRE(ids.insert(entry.pipeline_id).second);
      REQUIRE_FALSE(entry.lines.empty());
      REQUIRE(entry.lines.size() <= kMaxLines);
      REQUIRE(pipelines_.at(entry.pipeline_id).listed == pipelines_.at(batch.entries[0].pipeline_id).listed);
    }
    const bool one_line = batch.entries.size() == 1 && batch.entries[0].lines.size() <= 2;
    REQUIRE((one_line || batch.body_bytes <= shipper_.body_limit()));
  }

  /// A pipeline that was given up, forgotten and added again begins anew: its server is not told of the lines before.
  static void skip_forgotten(ModelPipeline& pipeline, const LogEntry& entry) {
    const std::size_t first_line = entry.dropped > 0 ? 1 : 0;
    if (!pipeline.ever_refused || entry.lines.size() <= first_line) return;
    const std::uint64_t begins_at = std::stoull(entry.lines[first_line]) - entry.dropped;
    if (begins_at > pipeline.read && pipeline.ring_starts.contains(begins_at)) pipeline.read = begins_at;
  }

  void read(const LogEntry& entry) {
    ModelPipeline& pipeline = pipelines_.at(entry.pipeline_id);
    skip_forgotten(pipeline, entry);
    for (std::size_t i = 0; i < entry.lines.size(); ++i) {
      if (i == 0 && entry.dropped > 0) {
        REQUIRE(entry.lines[0] == dropped_marker(entry.dropped));
        pipeline.read += entry.dropped;
        continue;
      }
      const std::string& line = entry.lines[i];
      REQUIRE(line.substr(0, line.find(' ')) == std::to_string(pipeline.read));
      ++pipeline.read;
      ++pipeline.shipped;
    }
  }

  void check_counters() {
    const LogCounters now = shipper_.counters();
    REQUIRE(now.lines_shipped >= counted_.lines_shipped);
    REQUIRE(now.lines_dropped_overwritten >= counted_.lines_dropped_overwritten);
    REQUIRE(now.lines_dropped_refused >= counted_.lines_dropped_refused);
    counted_ = now;
    REQUIRE(now.lines_shipped + now.lines_dropped_overwritten + now.lines_dropped_refused <= pushed_);
  }

  /// The world calms down: every line's fate must now become known, and be the right one.
  void settle() {
    for (auto& [id, pipeline] : pipelines_) end_process(pipeline);
    calm_ = true;
    now_ += 2h;
    for (int posts = 0; shipper_.has_pending(now_); ++posts) {
      REQUIRE(posts < 2000);
      post(false);
      if (!shipper_.has_pending(now_)) now_ += 2h;  // whoever is in quarantine comes out
    }
    REQUIRE_FALSE(shipper_.next(now_));
    std::uint64_t shipped = 0;
    for (auto& [id, pipeline] : pipelines_) {
      INFO(id);
      shipped += pipeline.shipped;
      REQUIRE(pipeline.read <= pipeline.pushed);
      if (!pipeline.ever_refused) REQUIRE(pipeline.read == pipeline.pushed);
    }
    const LogCounters counters = shipper_.counters();
    REQUIRE(counters.lines_shipped == shipped);
    REQUIRE(counters.lines_shipped + counters.lines_dropped_overwritten + counters.lines_dropped_refused == pushed_);
    const auto listed = std::count_if(pipelines_.begin(), pipelines_.end(),
                                      [](const auto& item) { return item.second.ring != nullptr; });
    REQUIRE(shipper_.pipelines() == static_cast<std::size_t>(listed));
  }

  static constexpr std::size_t kMaxLines = 20;

  std::mt19937 random_;
  LogShipper shipper_{{.max_lines = kMaxLines, .max_body_bytes = 4000}};
  std::size_t server_cap_ = 300 + pick(5000);  // one line and a marker always fit
  std::map<std::string, ModelPipeline> pipelines_;
  std::set<std::string> refused_;
  LogShipper::TimePoint now_{1h};
  LogCounters counted_;
  std::uint64_t pushed_ = 0;
  bool calm_ = false;
};

}  // namespace

TEST_CASE("whatever is refused, when and with whom, every other pipeline's lines arrive once and in order") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    World(seed).run();
  }
}

}  // namespace vf::logbuf
