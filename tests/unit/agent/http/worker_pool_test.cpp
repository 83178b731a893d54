#include "agent/http/worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <catch2/catch.hpp>
#include <future>
#include <memory>

namespace vf::agent {
namespace {

using namespace std::chrono_literals;

// Lets jobs wait until the test opens it.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void pass() { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

}  // namespace

TEST_CASE("a job runs on another thread, with its name and no signal open") {
  std::promise<std::string> name;
  std::promise<bool> blocked;
  WorkerPool pool("vf-test", 1);
  pool.submit([&] {
    char text[16] = {};
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    blocked.set_value(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD) && sigismember(&mask, SIGPIPE) &&
                      sigismember(&mask, SIGHUP) && !sigismember(&mask, SIGSEGV));
  });
  CHECK(name.get_future().get() == "vf-test");
  CHECK(blocked.get_future().get());
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  CHECK_FALSE(sigismember(&mask, SIGTERM));
}

TEST_CASE("one thread runs the jobs in the order of their submission") {
  std::vector<int> order;
  std::promise<void> done;
  WorkerPool pool("vf-test", 1);
  for (int i = 0; i < 100; ++i) pool.submit([&order, i] { order.push_back(i); });
  pool.submit([&] { done.set_value(); });
  done.get_future().get();
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(order.size() == 100);
}

TEST_CASE("threads are started when they are needed, and never more than allowed") {
  Gate gate;
  std::atomic<int> running = 0;
  WorkerPool pool("vf-test", 3);
  for (int i = 0; i < 5; ++i) {
    pool.submit([&] {
      ++running;
      gate.pass();
    });
  }
  while (running < 3) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  CHECK(running == 3);
  gate.open();
}

TEST_CASE("stop() discards what has not begun, waits for what has, and takes nothing more") {
  Gate begun;
  Gate gate;
  std::atomic<bool> finished = false;
  bool discarded_ran = false;
  const auto owned = std::make_shared<int>(0);
  WorkerPool pool("vf-test", 1);
  pool.submit([&] {
    begun.open();
    gate.pass();
    finished = true;
  });
  begun.pass();
  pool.submit([&discarded_ran, owned] { discarded_ran = true; });
  std::jthread opener([&] {
    while (owned.use_count() > 1) std::this_thread::yield();  // until the waiting job is thrown away
    gate.open();
  });
  pool.stop();
  CHECK(finished);
  CHECK_FALSE(discarded_ran);
  CHECK(owned.use_count() == 1);
  pool.submit([&discarded_ran] { discarded_ran = true; });
  pool.stop();
  CHECK_FALSE(discarded_ran);
}

}  // namespace vf::agent
