#include "agent/http/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace vf::agent {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Outcome = TlsStep::Outcome;

// For poll(): rounded up, so that a wait never ends early and spins.
int poll_timeout(SteadyTime until) {
  if (until == SteadyTime::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, std::numeric_limits<int>::max()));
}

SteadyTime end_of_wait(const IoLimits& limits) {
  const auto now = Clock::now();
  return limits.silence < limits.deadline - now ? now + limits.silence : limits.deadline;
}

std::string spelled(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string in_seconds(milliseconds time) {
  std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " s";
}

TlsStep step_of(ssize_t result, Outcome when_blocked) {
  if (result > 0) return {Outcome::done, static_cast<std::size_t>(result), "", false};
  if (result == 0) return {Outcome::ended, 0, "", false};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {when_blocked, 0, "", false};
  return {Outcome::failed, 0, std::strerror(errno), true};
}

}  // namespace

std::optional<HttpFailure> Wire::connect(const std::string& host, std::uint16_t port, SteadyTime until) {
  close();
  failure_ = {};
  Resolved resolved = resolve(host, port, until, canceller_);
  if (auto* failure = std::get_if<HttpFailure>(&resolved)) return std::move(*failure);
  const auto& addresses = std::get<std::vector<SocketAddress>>(resolved);
  std::optional<HttpFailure> failure;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto now = Clock::now();
    const auto share = (until - now) / static_cast<SteadyTime::rep>(addresses.size() - i);
    failure = connect_to(addresses[i], now + share);
    if (!failure) return std::nullopt;
    close();
    const std::string address = addresses[i].text();
    failure->words = "cannot connect to " + spelled(host, port) + (address == host ? "" : " (" + address + ")") + ": " +
                     failure->words;
    if (failure->fault == HttpFault::cancelled) break;
  }
  return failure;
}

std::optional<HttpFailure> Wire::connect_to(const SocketAddress& address, SteadyTime until) {
  const auto system_failure = [](int error) { return HttpFailure{HttpFault::connect, std::strerror(error)}; };
  descriptor_.reset(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor_) return system_failure(errno);
  // A request goes out as head and body: without this the body waits for the head's acknowledgement.
  const int on = 1;
  setsockopt(descriptor_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_.get(), address.get(), address.size) == 0) return std::nullopt;
  if (errno != EINPROGRESS) return system_failure(errno);
  switch (wait_for(POLLOUT, until)) {
    case Wait::timeout:
      return HttpFailure{HttpFault::timeout, "no answer in time"};
    case Wait::cancelled:
      return HttpFailure{HttpFault::cancelled, "cancelled"};
    case Wait::ready:
      break;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return system_failure(error);
  return std::nullopt;
}

std::optional<HttpFailure> Wire::start_tls(TlsContext& context, const std::string& server_name, std::uint16_t port,
                                           SteadyTime until) {
  auto loaded = context.get();
  if (!loaded) return HttpFailure{HttpFault::tls, loaded.error().message()};
  tls_.emplace(std::move(loaded).value(), descriptor_.get(), server_name);
  const auto failed = [&] {
    close();
    return HttpFailure{failure_.fault, "TLS with " + spelled(server_name, port) + ": " + failure_.words};
  };
  const IoLimits limits{until};
  while (may_go_on(limits)) {
    const TlsStep step = tls_->handshake();
    if (step.outcome == Outcome::done) return std::nullopt;
    if (step.outcome == Outcome::ended || step.outcome == Outcome::failed) {
      fail(canceller_.cancelled() ? HttpFault::cancelled : HttpFault::tls,
           step.outcome == Outcome::ended ? "the peer ended it" : step.reason);
      return failed();
    }
    if (!wait_as_asked(step.outcome, limits)) return failed();
  }
  return failed();
}

std::ptrdiff_t Wire::read(char* into, std::size_t size, const IoLimits& limits) {
  while (may_go_on(limits)) {
    const TlsStep step = read_step(into, size);
    switch (step.outcome) {
      case Outcome::done:
        return static_cast<std::ptrdiff_t>(step.bytes);
      case Outcome::ended:
        if (canceller_.cancelled()) break;  // cancel() has shut the socket down: no news of the peer
        return 0;
      case Outcome::failed:
        if (canceller_.cancelled()) break;
        fail(step);
        return -1;
      case Outcome::want_read:
      case Outcome::want_write:
        if (!wait_as_asked(step.outcome, limits)) return -1;
    }
  }
  return -1;
}

bool Wire::write(std::string_view bytes, const IoLimits& limits) {
  while (!bytes.empty()) {
    if (!may_go_on(limits)) return false;
    const TlsStep step = write_step(bytes);
    switch (step.outcome) {
      case Outcome::done:
        bytes.remove_prefix(step.bytes);
        break;
      case Outcome::ended:
      case Outcome::failed:
        if (canceller_.cancelled()) break;
        return fail(step);
      case Outcome::want_read:
      case Outcome::want_write:
        if (!wait_as_asked(step.outcome, limits)) return false;
    }
  }
  return true;
}

// Asked before every step: a peer that always has something to say never makes us wait.
bool Wire::may_go_on(const IoLimits& limits) {
  if (canceller_.cancelled()) return fail(HttpFault::cancelled, "cancelled");
  if (Clock::now() >= limits.deadline) return fail(HttpFault::timeout, "the time was up");
  return true;
}

bool Wire::is_at_rest() const {
  if (!descriptor_ || (tls_ && tls_->has_unread())) return false;
  pollfd entry{descriptor_.get(), POLLIN, 0};
  return poll(&entry, 1, 0) == 0;
}

void Wire::close() {
  tls_.reset();  // before the socket it says goodbye on
  descriptor_.reset();
}

Wire::Wait Wire::wait_for(short events, SteadyTime until) {
  const int descriptor = descriptor_.get();
  // Shutting the socket down wakes the poll(), also that of a connect() under way.
  const Canceller::Interruptible scope(canceller_, [descriptor] { shutdown(descriptor, SHUT_RDWR); });
  for (;;) {
    if (canceller_.cancelled()) return Wait::cancelled;
    pollfd entry{descriptor, events, 0};
    const int ready = poll(&entry, 1, poll_timeout(until));
    if (ready > 0) return canceller_.cancelled() ? Wait::cancelled : Wait::ready;
    if (ready == 0) return Wait::timeout;
    if (errno != EINTR) return Wait::ready;  // what is wrong with the descriptor, its next use will say
  }
}

bool Wire::wait_as_asked(TlsStep::Outcome outcome, const IoLimits& limits) {
  const auto begin = Clock::now();
  switch (wait_for(outcome == Outcome::want_write ? POLLOUT : POLLIN, end_of_wait(limits))) {
    case Wait::ready:
      return true;
    case Wait::cancelled:
      return fail(HttpFault::cancelled, "cancelled");
    case Wait::timeout:
      break;
  }
  if (Clock::now() >= limits.deadline) return fail(HttpFault::timeout, "the time was up");
  return fail(HttpFault::timeout,
              "nothing was heard for " + in_seconds(std::chrono::round<milliseconds>(Clock::now() - begin)));
}

TlsStep Wire::read_step(char* into, std::size_t size) {
  if (tls_) return tls_->read(into, size);
  return step_of(recv(descriptor_.get(), into, size, 0), Outcome::want_read);
}

TlsStep Wire::write_step(std::string_view bytes) {
  if (tls_) return tls_->write(bytes.data(), bytes.size());
  return step_of(send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), Outcome::want_write);
}

bool Wire::fail(const TlsStep& step) {
  return step.cut ? fail(HttpFault::closed, step.reason) : fail(HttpFault::tls, "TLS: " + step.reason);
}

bool Wire::fail(HttpFault fault, std::string words) {
  failure_ = {fault, std::move(words)};
  return false;
}

}  // namespace vf::agent
