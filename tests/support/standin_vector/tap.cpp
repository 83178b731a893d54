#include "tests/support/standin_vector/tap.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <climits>
#include <cmath>
#include <csignal>
#include <optional>
#include <random>

#include "tests/support/standin_vector/glob.h"
#include "tests/support/standin_vector/http_server.h"
#include "tests/support/standin_vector/tap_link.h"
#include "tests/support/standin_vector/tap_text.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr auto kReconnectDelay = std::chrono::seconds(5);
constexpr int kGraphqlMaxLimit = 10'000;
/// What waits between the pipeline and a tap that is stuck: ten sets of events, and the one that is collected. All else
/// is lost, and nobody is told.
constexpr int kQueuedSets = 11;
constexpr auto kUnlimitedTick = std::chrono::milliseconds(10);
constexpr int kUnlimitedSets = 100;
constexpr int kExitPanic = 101;
/// Of 0.55 and later: a larger event ends the tap.
constexpr std::size_t kLargestMessage = 4 << 20;

/// Where --url points, if it has the form that this version wants.
std::optional<std::string> host_of(const std::string& url, const Dialect& dialect) {
  const std::string scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  const auto slash = std::min(url.find('/', scheme.size()), url.size());
  const std::string path = url.substr(slash);
  const bool right = dialect.grpc_api() ? path.empty() || path == "/" : path == "/graphql";
  if (!right) return std::nullopt;
  return url.substr(scheme.size(), slash - scheme.size());
}

void say(const std::string& line) {
  write_all(STDERR_FILENO, line + "\n");
}

std::vector<std::string> matching(const std::string& pattern, const std::vector<std::string>& ids) {
  std::vector<std::string> found;
  for (const auto& id : ids) {
    if (glob_matches(pattern, id)) found.push_back(id);
  }
  return found;
}

/// An output that is tapped, and how many events it had so far.
struct Tapped {
  std::string output;
  TapText text;
  double per_second;
  Clock::time_point began;
  std::uint64_t events = 0;
};

struct Due {
  std::size_t tapped;
  std::uint64_t number;
};

class Tap {
 public:
  Tap(const TapOptions& options, const Dialect& dialect) : options_(options), dialect_(dialect) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  }
  ~Tap() { ::close(signals_); }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  int run() {
    if (options_.duration) end_ = Clock::now() + *options_.duration;
    if (!connect()) {
      say("Vector API server isn't reachable (" + (options_.url.empty() ? default_url() : options_.url) +
          ").\n\nHave you enabled the API?\n\nTo enable the API, add the following to your Vector config "
          "file:\n\n[api]\n"
          "    enabled = true");
      return kExitUnavailable;
    }
    // The GraphQL server refuses the subscription then, and the tap takes that for its end.
    if (!dialect_.grpc_api() && (options_.limit < 1 || options_.limit > kGraphqlMaxLimit)) return 0;
    for (;;) {
      print_events();
      if (finished_ || options_.no_reconnect) return status_;
      do {
        say("[tap] Connection failed. Reconnecting in 5 seconds.");
        if (!sleep_until(Clock::now() + kReconnectDelay)) return status_;
      } while (!connect());
    }
  }

 private:
  [[nodiscard]] std::string default_url() const {
    return dialect_.grpc_api() ? "http://127.0.0.1:8686" : "http://127.0.0.1:8686/graphql";
  }

  bool connect() {
    const auto host = host_of(options_.url.empty() ? default_url() : options_.url, dialect_);
    tcp::endpoint endpoint;
    if (!host || !parse_endpoint(*host, endpoint)) return false;
    error_code error;
    socket_ = tcp::socket(io_);
    socket_.connect(endpoint, error);
    const std::string request = "GET /standin/tap HTTP/1.1\r\nHost: " + *host + "\r\n\r\n";
    if (!error) boost::asio::write(socket_, boost::asio::buffer(request), error);
    input_.clear();
    while (!error && input_.find("\r\n\r\n") == std::string::npos) error = read_some();
    if (error || input_.find(" 200 ") == std::string::npos) return false;
    input_.erase(0, input_.find("\r\n\r\n") + 4);
    std::optional<TapTopology> first;
    while (!error && !(first = take_tap_frame(input_))) error = read_some();
    if (!first || first->grpc != dialect_.grpc_api()) return false;
    topology_ = std::move(*first);
    connected_at_ = Clock::now();
    last_matches_.clear();
    return true;
  }

  error_code read_some() {
    char buffer[4096];
    error_code error;
    const auto size = socket_.read_some(boost::asio::buffer(buffer), error);
    input_.append(buffer, size);
    return error;
  }

  // ---- what is tapped

  /// Which outputs the patterns mean; says so as the real one does, and again after a reload.
  void match() {
    std::set<std::string> matched;
    std::set<std::string> wanted;
    std::vector<std::string> outputs;
    for (const auto& output : topology_.outputs) outputs.push_back(output.output);
    for (const auto& pattern : output_patterns()) {
      for (const auto& output : matching(pattern, outputs)) wanted.insert(output), matched.insert(pattern);
    }
    for (const auto& pattern : options_.inputs_of) {
      for (const auto& [id, read] : topology_.inputs) {
        if (!glob_matches(pattern, id)) continue;
        // Each of them is taken for a pattern in its turn, as in the real one.
        for (const auto& input : read) {
          for (const auto& output : matching(input, outputs)) wanted.insert(output), matched.insert(pattern);
        }
      }
    }
    if (!options_.quiet) notify(matched);
    last_matches_ = matched;
    std::vector<Tapped> now;
    for (const auto& output : topology_.outputs) {
      if (!wanted.contains(output.output)) continue;
      const auto rate = topology_.modes.rates.find(output.output);
      now.push_back({output.output, TapText(output, options_, dialect_, topology_.modes),
                     rate == topology_.modes.rates.end() ? topology_.modes.events_per_second : rate->second,
                     Clock::now()});
      for (const auto& before : tapped_) {
        if (before.output != output.output) continue;
        now.back().events = before.events;
        now.back().began = before.began;
      }
    }
    tapped_ = std::move(now);
  }

  [[nodiscard]] std::vector<std::string> output_patterns() const {
    if (options_.outputs_of.empty() && options_.inputs_of.empty()) return {"*"};
    return options_.outputs_of;
  }

  void notify(const std::set<std::string>& matched) const {
    for (const auto& pattern : matched) {
      if (!last_matches_.contains(pattern)) say("[tap] Pattern '" + pattern + "' successfully matched.");
    }
    auto all = output_patterns();
    all.insert(all.end(), options_.inputs_of.begin(), options_.inputs_of.end());
    for (const auto& pattern : all) {
      if (!matched.contains(pattern))
        say("[tap] Pattern '" + pattern + "' failed to match: will retry on configuration reload.");
    }
    for (const auto& pattern : options_.inputs_of) {
      if (const auto wrong = matching(pattern, topology_.sources); !wrong.empty())
        say("[tap] Warning: source inputs cannot be tapped. Input pattern '" + pattern + "' matches sources " +
            quote_list(wrong));
    }
    for (const auto& pattern : output_patterns()) {
      if (const auto wrong = matching(pattern, topology_.sinks); !wrong.empty())
        say("[tap] Warning: sink outputs cannot be tapped. Output pattern '" + pattern + "' matches sinks " +
            quote_list(wrong));
    }
  }

  // ---- what is printed

  /// Until the other side ends, the time is over or a signal comes.
  void print_events() {
    const TapModes& modes = topology_.modes;
    for (const auto& line : modes.print) say(line);
    for (const auto& line : modes.print_stdout) print(line + "\n");
    if (modes.exit_after) exit_at_ = connected_at_ + *modes.exit_after;
    if (modes.delay.count() > 0 && !sleep_until(Clock::now() + modes.delay)) return;
    const auto tick =
        modes.unlimited ? std::min<Clock::duration>(options_.interval, kUnlimitedTick) : options_.interval;
    tapped_.clear();
    match();
    // So many sets wait while this is stuck in its own output; what comes after those is lost, until it is not. All of
    // them wait for a tap that just gets no time.
    const int most = modes.queued_sets > 0 ? modes.queued_sets : modes.unlimited ? kUnlimitedSets : kQueuedSets;
    int late = 0;  // sets that came too late, in a row
    for (auto next = Clock::now() + tick; sleep_until(next); next += tick) {
      late = Clock::now() - next >= tick ? late + 1 : 0;
      if (late <= most || next > stuck_until_)
        print_set(next);
      else
        for (auto& one : tapped_) one.events = had_by(one, next);
    }
  }

  [[nodiscard]] std::uint64_t had_by(const Tapped& one, Clock::time_point time) const {
    if (time <= one.began) return one.events;  // a reload has come while this was late
    const auto events = static_cast<std::uint64_t>(
        std::floor(std::chrono::duration<double>(time - one.began).count() * one.per_second));
    const auto most = topology_.modes.count;
    return std::max(one.events, most == 0 ? events : std::min(events, most));
  }

  void print_set(Clock::time_point until) {
    std::vector<Due> due;
    for (std::size_t i = 0; i < tapped_.size(); ++i) {
      const auto had = had_by(tapped_[i], until);
      while (tapped_[i].events < had) due.push_back({i, ++tapped_[i].events});
    }
    const auto limit = static_cast<std::size_t>(options_.limit);
    if (!topology_.modes.unlimited && due.size() > limit) {  // a sample, in the order of their coming
      std::vector<Due> some;
      std::sample(due.begin(), due.end(), std::back_inserter(some), limit, random_);
      due = std::move(some);
    }
    for (const auto& [index, number] : due) {
      const auto& one = tapped_[index];
      const auto age = static_cast<std::int64_t>(static_cast<double>(number) / one.per_second * 1e9);
      const std::string line =
          one.text.line(number, std::chrono::nanoseconds(one.began.time_since_epoch()).count() + age);
      if (dialect_.grpc_api() && line.size() > kLargestMessage) return fail_of(line.size());
      print(line);
    }
  }

  /// A line a write, as the real one's println! does. Where nobody reads any more that panics.
  void fail_of(std::size_t size) {
    say("[tap] Error: Fatal(\"gRPC error: status: OutOfRange, message: \\\"Error, message length too large: found " +
        std::to_string(size) + " bytes, the limit is: " + std::to_string(kLargestMessage) +
        " bytes\\\", details: [], metadata: MetadataMap { headers: {} }\")");
    finished_ = true;
  }

  void print(const std::string& line) {
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    const bool waits = line.size() > PIPE_BUF || ::poll(&out, 1, 0) == 0;
    const bool written = write_all(STDOUT_FILENO, line);
    if (waits) stuck_until_ = Clock::now();
    if (!written) {
      say("thread 'main' panicked at library/std/src/io/stdio.rs: failed printing to stdout: Broken pipe (os error "
          "32)");
      ::_exit(kExitPanic);
    }
  }

  // ---- waiting

  /// False when this tap, or its connection, is over.
  bool sleep_until(Clock::time_point wake) {
    if (end_) wake = std::min(wake, *end_);
    if (exit_at_) wake = std::min(wake, *exit_at_);
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Clock::now()).count();
      pollfd waiting[2] = {{signals_, POLLIN, 0}, {socket_.is_open() ? socket_.native_handle() : -1, POLLIN, 0}};
      ::poll(waiting, 2, left > 0 ? static_cast<int>(left) : 0);
      if (waiting[0].revents != 0 && take_signal()) return false;
      if (waiting[1].revents != 0 && !take_news()) return false;
      if (Clock::now() >= wake) break;
    }
    if (exit_at_ && Clock::now() >= *exit_at_) {
      status_ = topology_.modes.exit_code;
      finished_ = true;
    }
    finished_ = finished_ || (end_ && Clock::now() >= *end_);
    return !finished_;
  }

  /// Whether it ends this.
  bool take_signal() {
    signalfd_siginfo info{};
    const bool read = ::read(signals_, &info, sizeof info) == sizeof info;
    const bool interrupted = read && info.ssi_signo == static_cast<std::uint32_t>(SIGINT);
    vlog::info("vector::signal", "Signal received.", interrupted ? "signal=\"SIGINT\"" : "signal=\"SIGTERM\"");
    if (topology_.modes.ignore_term) return false;
    return finished_ = true;
  }

  /// False when the connection is over. What comes on it is told after a reload.
  bool take_news() {
    if (read_some()) {
      error_code ignored;
      socket_.close(ignored);
      return false;
    }
    while (auto next = take_tap_frame(input_)) {
      topology_ = std::move(*next);
      match();
    }
    return true;
  }

  const TapOptions& options_;
  const Dialect& dialect_;
  boost::asio::io_context io_{1};
  tcp::socket socket_{io_};
  std::string input_;
  TapTopology topology_;
  std::vector<Tapped> tapped_;
  std::set<std::string> last_matches_;
  std::mt19937_64 random_{std::random_device{}()};
  int signals_ = -1;
  Clock::time_point connected_at_;
  Clock::time_point stuck_until_;  // when its output was last written after a wait
  std::optional<Clock::time_point> end_;
  std::optional<Clock::time_point> exit_at_;
  bool finished_ = false;
  int status_ = 0;
};

}  // namespace

int tap(const TapOptions& options, const Dialect& dialect) {
  return Tap(options, dialect).run();
}

}  // namespace standin
