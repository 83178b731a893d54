#include "tapper/sampler.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "tapper/event_reader.h"
#include "tapper/tap_process.h"
#include "tapper/tap_remark.h"

namespace vf::tapper {
namespace {

// Vector samples so many of all events of 100 ms; with several components the quiet ones are to have a chance.
constexpr std::size_t least_an_interval = 200;
constexpr std::size_t most_an_interval = 1000;
constexpr std::chrono::seconds beyond_longest{5};
constexpr std::chrono::milliseconds settle{1000};

struct Job {
  SampleOrder order;
  std::map<std::string, ComponentSample> found;
  std::map<std::string, std::size_t> bytes;
  std::size_t groups_left = 0;
  std::function<void(std::vector<ComponentSample>)> done;
};

/// What one subprocess watches.
struct Group {
  std::shared_ptr<Job> job;
  std::vector<std::string> outputs_of;
  std::string input_of;  // or this sink

  [[nodiscard]] std::vector<std::string> ids() const {
    return input_of.empty() ? outputs_of : std::vector<std::string>{input_of};
  }
};

}  // namespace

struct Sampler::Impl final : std::enable_shared_from_this<Impl> {
  explicit Impl(Tapper::Parts with) : parts(std::move(with)) {}

  struct Run final : TapProcessSink {
    Run(Impl& impl, Group with, bool wrapped)
        : owner(impl), group(std::move(with)), reader(wrapped), over(impl.parts.loop), settling(impl.parts.loop) {}

    void on_tap_line(std::string_view line) override {
      const auto event = reader.read(line);
      if (!event || !event->event.starts_with('{')) return;  // the contract has objects only
      const std::string id = group.input_of.empty() ? std::string(event->component_id) : group.input_of;
      Job& job = *group.job;
      const auto found = job.found.find(id);
      if (found == job.found.end() || is_full(id)) return;
      std::size_t& bytes = job.bytes[id];
      if (!found->second.events.empty() && bytes + event->event.size() > most_bytes_each) {
        bytes = most_bytes_each;  // enough
      } else {
        bytes += event->event.size();
        found->second.events.emplace_back(event->event);
      }
      if (is_full(id) && is_done()) owner.end(*this);
    }
    void on_tap_cut() override {}
    void on_tap_remark(std::string_view line) override {
      const TapRemark remark = read_remark(line);
      switch (remark.kind) {
        case TapRemark::Kind::is_sink:
          return take_out(remark.pattern);
        case TapRemark::Kind::unmatched:
          unmatched.insert(remark.pattern);
          return settle_soon();
        case TapRemark::Kind::too_large:
          first_words = "an event is larger than the 4 MiB that vector tap can show";
          return;
        case TapRemark::Kind::other:
          if (first_words.empty()) first_words = line;
          return;
        case TapRemark::Kind::matched:
          unmatched.erase(remark.pattern);
          return;
        case TapRemark::Kind::noise:
          return;
      }
    }
    /// A sink among those whose outputs are watched gets a subprocess of its own.
    void take_out(const std::string& pattern) {
      const auto sink = std::find_if(group.outputs_of.begin(), group.outputs_of.end(),
                                     [&](const std::string& id) { return literal_pattern(id) == pattern; });
      if (sink == group.outputs_of.end()) return;
      owner.add({group.job, {}, *sink});
      group.outputs_of.erase(sink);
      if (is_done()) owner.end(*this);
    }
    void on_tap_end() override { owner.end(*this); }

    [[nodiscard]] bool is_full(const std::string& id) const {
      const auto bytes = group.job->bytes.find(id);
      return group.job->found.at(id).events.size() >= group.job->order.limit ||
             (bytes != group.job->bytes.end() && bytes->second >= most_bytes_each);
    }
    /// Neither the component nor an output of it exists.
    [[nodiscard]] bool is_unknown(const std::string& id) const {
      const std::string pattern = literal_pattern(id);
      return unmatched.contains(pattern) && (!group.input_of.empty() || unmatched.contains(pattern + ".*"));
    }
    [[nodiscard]] bool is_done() const {
      const std::vector<std::string> ids = group.ids();
      return std::all_of(ids.begin(), ids.end(),
                         [this](const std::string& id) { return is_full(id) || (settled && is_unknown(id)); });
    }
    /// Not at once: that it is a sink is said after that, and a pipeline may be in the middle of a reload.
    void settle_soon() {
      settling.expires_after(settle);
      settling.async_wait([this, weak = std::weak_ptr(alive)](boost::system::error_code cancelled) {
        if (cancelled || weak.expired() || !process) return;
        settled = true;
        if (is_done()) owner.end(*this);
      });
    }

    /// Why the components of this group that have none have none.
    void explain() {
      for (const std::string& id : group.ids()) {
        ComponentSample& sample = group.job->found.at(id);
        if (!sample.events.empty()) continue;
        if (is_unknown(id))
          sample.error = "this pipeline has no such component";
        else if (timed_out)
          sample.error = "no events received within " +
                         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(longest).count()) + "s";
        else
          sample.error = first_words.empty() ? "the pipeline ended while it was sampled" : first_words;
      }
    }

    Impl& owner;
    Group group;
    EventReader reader;
    std::unique_ptr<TapProcess> process;
    boost::asio::steady_timer over, settling;
    std::set<std::string> unmatched;
    std::string first_words;  // what went wrong; advice of many lines follows it
    bool timed_out = false;
    bool settled = false;  // what does not exist had time to come
    const std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  };

  void add(Group group) {
    ++group.job->groups_left;
    waiting.push_back(std::move(group));
    start_next_later();
  }

  void start_next_later() {
    boost::asio::post(parts.loop, [self = shared_from_this()] {
      self->ended.clear();
      while (!self->stopped && !self->waiting.empty() && self->runs.size() < most_at_once) self->start_next();
    });
  }

  void start_next() {
    Group group = std::move(waiting.front());
    waiting.pop_front();
    const auto fail = [&](const std::string& why) {
      for (const std::string& id : group.ids()) group.job->found.at(id).error = why;
      finished(group.job);
    };
    const auto target = parts.find(group.job->order.pipeline_id, "");
    if (!target) return fail("pipeline not found");
    if (!target->running) return fail("pipeline not running");
    auto program = parts.program(group.job->order.pipeline_id);
    if (!program) return fail(program.error().message());
    TapOrder order;
    order.api_port = target->api_port;
    order.outputs_of = group.outputs_of;
    if (!group.input_of.empty()) order.inputs_of = {group.input_of};
    order.limit =
        static_cast<unsigned>(std::clamp(group.job->order.limit * std::max<std::size_t>(1, group.outputs_of.size()),
                                         least_an_interval, most_an_interval));
    order.longest = parts.longest_watch + beyond_longest;
    auto run = std::make_unique<Run>(*this, std::move(group), program.value().grpc);
    auto started = TapProcess::start(parts.loop, program.value(), order, *run);
    if (!started) {
      group = std::move(run->group);
      return fail(started.error().message());
    }
    run->process = std::move(started).value();
    run->over.expires_after(parts.longest_watch);
    run->over.async_wait([at = run.get(), alive = std::weak_ptr(run->alive)](boost::system::error_code cancelled) {
      if (cancelled || alive.expired()) return;
      at->timed_out = true;
      at->owner.end(*at);
    });
    runs.push_back(std::move(run));
  }

  /// May be called by the run itself: it goes a moment later.
  void end(Run& run) {
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const auto& other) { return other.get() == &run; });
    if (found == runs.end()) return;
    run.explain();
    run.process.reset();
    run.over.cancel();
    ended.splice(ended.end(), runs, found);
    finished(run.group.job);
    start_next_later();
  }

  void finished(const std::shared_ptr<Job>& job) {
    if (--job->groups_left > 0) return;
    boost::asio::post(parts.loop, [self = shared_from_this(), job] {
      if (self->stopped) return;
      std::vector<ComponentSample> samples;
      for (const std::string& id : job->order.component_ids) samples.push_back(std::move(job->found.at(id)));
      job->done(std::move(samples));
    });
  }

  const Tapper::Parts parts;
  std::deque<Group> waiting;
  std::list<std::unique_ptr<Run>> runs;
  std::list<std::unique_ptr<Run>> ended;
  bool stopped = false;
};

Sampler::Sampler(Tapper::Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}

Sampler::~Sampler() {
  stop();
}

void Sampler::run(SampleOrder order, std::function<void(std::vector<ComponentSample>)> done) {
  auto job = std::make_shared<Job>();
  job->order = std::move(order);
  job->done = std::move(done);
  Group outputs{job, {}, ""};
  std::vector<std::string> sinks;
  for (const std::string& id : job->order.component_ids) {
    if (!job->found.emplace(id, ComponentSample{id, {}, ""}).second) continue;
    const auto target = impl_->parts.find(job->order.pipeline_id, id);
    (target && target->role == ComponentRole::sink ? sinks : outputs.outputs_of).push_back(id);
  }
  if (!outputs.outputs_of.empty()) impl_->add(std::move(outputs));
  for (std::string& sink : sinks) impl_->add({job, {}, std::move(sink)});
}

void Sampler::stop() {
  impl_->stopped = true;
  impl_->waiting.clear();
  impl_->runs.clear();
  impl_->ended.clear();
}

std::size_t Sampler::running() const {
  return impl_->runs.size();
}

}  // namespace vf::tapper
