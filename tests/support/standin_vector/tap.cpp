#include "tests/support/standin_vector/tap.h"

#include <fnmatch.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <optional>
#include <sstream>

#include "tests/support/standin_vector/http_server.h"
#include "tests/support/standin_vector/text.h"
#include "tests/support/standin_vector/vector_log.h"

namespace standin {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Fields = std::vector<std::pair<std::string, std::string>>;  ///< name and JSON value

constexpr auto kReconnectDelay = std::chrono::seconds(5);

struct Tapped {
  std::string id, kind, type;
};

struct Api {
  double events_per_second = 10;
  std::vector<Tapped> components;
};

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
      write_all(STDERR_FILENO, "Vector API server isn't reachable (" + options_.url +
                                   ").\n\nHave you enabled the API?\n\nTo enable the API, add the following to your "
                                   "`vector.toml` config file:\n\n[api]\n  enabled = true\n");
      return kExitUnavailable;
    }
    for (;;) {
      print_events();
      if (finished_ || options_.no_reconnect) return 0;
      do {
        write_all(STDERR_FILENO, "[tap] Connection failed. Reconnecting in 5 seconds.\n");
        if (!sleep(kReconnectDelay)) return 0;
      } while (!connect());
    }
  }

 private:
  bool connect() {
    const auto host = host_of(options_.url.empty() ? default_url() : options_.url, dialect_);
    tcp::endpoint endpoint;
    if (!host || !parse_endpoint(*host, endpoint)) return false;
    error_code error;
    socket_ = tcp::socket(io_);
    socket_.connect(endpoint, error);
    const std::string request = "GET /standin/tap HTTP/1.1\r\nHost: " + *host + "\r\n\r\n";
    if (!error) boost::asio::write(socket_, boost::asio::buffer(request), error);
    std::string answer;
    char buffer[4096];
    while (!error && answer.find("\n\n") == std::string::npos) {
      const auto size = socket_.read_some(boost::asio::buffer(buffer), error);
      answer.append(buffer, size);
    }
    return !error && read_answer(answer);
  }

  [[nodiscard]] std::string default_url() const {
    return dialect_.grpc_api() ? "http://127.0.0.1:8686" : "http://127.0.0.1:8686/graphql";
  }

  bool read_answer(const std::string& answer) {
    const auto body = answer.find("\r\n\r\n");
    if (body == std::string::npos || answer.find(" 200 ") == std::string::npos) return false;
    std::istringstream lines(answer.substr(body + 4));
    std::string api;
    api_ = {};
    lines >> api >> api_.events_per_second;
    for (Tapped component; lines >> component.id >> component.kind >> component.type;)
      api_.components.push_back(component);
    return api == (dialect_.grpc_api() ? "grpc" : "graphql");
  }

  [[nodiscard]] std::vector<Tapped> matches() const {
    std::vector<Tapped> found;
    std::vector<std::string> patterns = options_.patterns;
    if (patterns.empty()) patterns.emplace_back("*");
    for (const auto& pattern : patterns) {
      bool any = false;
      for (const auto& component : api_.components) {
        const bool can = component.kind != (options_.inputs ? "source" : "sink");
        if (!can || ::fnmatch(pattern.c_str(), component.id.c_str(), 0) != 0) continue;
        any = true;
        found.push_back(component);
      }
      if (!any && !options_.quiet) {
        write_all(STDERR_FILENO,
                  "[tap] Pattern '" + pattern + "' failed to match: will retry on configuration reload.\n");
      }
    }
    return found;
  }

  /// Until the other side ends, the time is over or a signal comes.
  void print_events() {
    const auto tapped = matches();
    const double per_interval =
        std::min(api_.events_per_second * std::chrono::duration<double>(options_.interval).count(),
                 static_cast<double>(options_.limit));
    double due = 0;
    while (!finished_ && connected_) {
      if (!sleep(options_.interval)) return;
      if (tapped.empty()) continue;
      due += per_interval;
      std::string out;
      for (; due >= 1; due -= 1, ++number_) out += render(tapped[number_ % tapped.size()], number_ + 1);
      write_all(STDOUT_FILENO, out);
    }
    connected_ = true;  // for the next attempt
  }

  /// False when this tap is over.
  bool sleep(Clock::duration duration) {
    auto wake = Clock::now() + duration;
    if (end_) wake = std::min(wake, *end_);
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Clock::now()).count();
      if (left <= 0) break;
      pollfd waiting[2] = {{signals_, POLLIN, 0}, {socket_.is_open() ? socket_.native_handle() : -1, POLLIN, 0}};
      ::poll(waiting, 2, static_cast<int>(left));
      if (waiting[0].revents != 0) {
        signalfd_siginfo info{};
        const bool read = ::read(signals_, &info, sizeof info) == sizeof info;
        const bool interrupted = read && info.ssi_signo == static_cast<std::uint32_t>(SIGINT);
        vlog::info("vector::signal", "Signal received.", interrupted ? "signal=\"SIGINT\"" : "signal=\"SIGTERM\"");
        finished_ = true;
        return false;
      }
      if (waiting[1].revents != 0) {  // nothing is ever sent after the answer: the other side has gone
        error_code ignored;
        socket_.close(ignored);
        connected_ = false;
        if (options_.no_reconnect) return false;
      }
    }
    finished_ = end_ && Clock::now() >= *end_;
    return !finished_;
  }

  [[nodiscard]] static Fields fields_of(const Tapped& component, std::uint64_t number) {
    const std::string n = std::to_string(number);
    if (component.type == "internal_metrics" || component.type == "host_metrics") {
      return {{"name", "\"uptime_seconds\""},    {"namespace", "\"vector\""}, {"tags", "{\"host\":\"standin\"}"},
              {"timestamp", quote(timestamp())}, {"kind", "\"absolute\""},    {"gauge", "{\"value\":" + n + ".0}"}};
    }
    if (component.kind == "source") {
      return {{"host", "\"localhost\""},
              {"message", quote("{\"method\":\"GET\",\"status\":\"200\",\"bytes\":" + n + "}")},
              {"service", "\"vector\""},
              {"source_type", quote(component.type)},
              {"timestamp", quote(timestamp())}};
    }
    return {{"bytes", n},
            {"host", "\"10.0.0.1\""},
            {"method", "\"GET\""},
            {"protocol", "\"HTTP/1.1\""},
            {"request", "\"/controller/setup\""},
            {"status", "\"200\""},
            {"user-identifier", "\"standin\""}};
  }

  [[nodiscard]] std::string render(const Tapped& component, std::uint64_t number) const {
    const Fields fields = fields_of(component, number);
    std::string text;
    if (options_.format != "json") {
      const bool yaml = options_.format == "yaml";
      for (const auto& [name, value] : fields) text += name + (yaml ? ": " + value + "\n" : "=" + value + " ");
      return yaml ? "---\n" + text : text + "\n";
    }
    for (const auto& [name, value] : fields) text += (text.empty() ? "{" : ",") + quote(name) + ":" + value;
    text += "}";
    const bool metric = fields.front().first == "name";
    if (dialect_.tap_wraps_events()) text = std::string(metric ? "{\"metric\":" : "{\"log\":") + text + "}";
    if (options_.meta) {
      text = "{\"component_id\":" + quote(component.id) + ",\"component_kind\":" + quote(component.kind) +
             ",\"component_type\":" + quote(component.type) + ",\"event\":" + text + "}";
    }
    return text + "\n";
  }

  const TapOptions& options_;
  const Dialect& dialect_;
  boost::asio::io_context io_{1};
  tcp::socket socket_{io_};
  Api api_;
  int signals_ = -1;
  std::optional<Clock::time_point> end_;
  bool connected_ = true;
  bool finished_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace

int tap(const TapOptions& options, const Dialect& dialect) {
  return Tap(options, dialect).run();
}

}  // namespace standin
