#include "agent/local/metrics_server.h"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace vf::agent {
namespace {

constexpr std::size_t threads = 4;  // a scraper and a prober at once, and clients that dawdle

/// Threads that leave all signals to the loop.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void answer(httplib::Response& response, bool good, const std::string& reason) {
  response.status = good ? 200 : 503;
  response.set_content((good ? "ok" : reason) + "\n", "text/plain; charset=utf-8");
}

}  // namespace

struct MetricsServer::Impl {
  Sources sources;
  httplib::Server server;
  std::atomic<bool> ended{false};
  std::jthread listener;  // last: what it serves from outlives it
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() {
  // httplib forgets a stop() that comes before its listener runs, and the thread would listen for ever.
  while (!impl_->server.is_running() && !impl_->ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  impl_->server.stop();
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address, std::uint16_t port,
                                                            Sources sources) {
  auto impl = std::make_unique<Impl>();
  impl->sources = std::move(sources);
  httplib::Server& server = impl->server;
  const Sources& from = impl->sources;
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server.set_payload_max_length(1024);
  // A client that says nothing holds a thread that long, and no longer.
  server.set_read_timeout(0, 500000);
  server.set_write_timeout(5);
  server.set_keep_alive_timeout(1);
  server.Get("/metrics", [&from](const httplib::Request&, httplib::Response& response) {
    response.set_content(from.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/healthz", [&from](const httplib::Request&, httplib::Response& response) {
    std::string reason;
    const bool good = from.healthy(reason);
    answer(response, good, reason);
  });
  server.Get("/readyz", [&from](const httplib::Request&, httplib::Response& response) {
    std::string reason;
    const bool good = from.ready(reason);
    answer(response, good, reason);
  });
  // httplib would set SO_REUSEPORT, and a second agent could take half of the scrapes unnoticed.
  server.set_socket_options([](socket_t socket) {
    const int one = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  });
  const std::string where = address + " port " + std::to_string(port);
  // "::" takes IPv4 too; a host without IPv6 has no "::".
  if (!server.bind_to_port(address, port) && !(address == "::" && server.bind_to_port("0.0.0.0", port)))
    return Error{"listen on " + where + " for /metrics",
                 "the port is taken or the address is not this host's; set VF_METRICS_PORT (0 turns it off) or "
                 "VF_METRICS_ADDR",
                 0};
  impl->listener = std::jthread([&server, &ended = impl->ended] {
    ::pthread_setname_np(::pthread_self(), "metrics");
    block_signals();
    server.listen_after_bind();
    ended = true;
  });
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

}  // namespace vf::agent
