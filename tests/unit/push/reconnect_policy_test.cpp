#include "push/reconnect_policy.h"

#include <catch2/catch.hpp>

#include <limits>

namespace vf::push {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const std::string primary = "https://cp/stream";
const std::string fallback = "https://cp/api/agent/push";

ConnectionEnd lived(milliseconds time) {
  return {200, time, std::nullopt};
}
ConnectionEnd answered(int status) {
  return {status, 0ms, std::nullopt};
}
const ConnectionEnd unreachable{};

struct Fixture {
  ReconnectPolicy policy{primary, fallback};
  TimePoint now{};
  milliseconds ended(const ConnectionEnd& end, double random = 0) { return policy.ended(end, now, random); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the wait doubles from 1 s to 30 s with every failure") {
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) CHECK(ended(unreachable) == wait);
  for (int i = 0; i < 10000; ++i) CHECK(ended(unreachable) == 30s);
}

TEST_CASE_METHOD(Fixture, "chance takes at most half off the wait") {
  CHECK(ended(unreachable, 1.0) == 500ms);
  CHECK(ended(unreachable, 0.5) == 1500ms);
  CHECK(ended(unreachable, -7) == 4s);
  CHECK(ended(unreachable, 7) == 4s);
  CHECK(ended(unreachable, std::numeric_limits<double>::quiet_NaN()) == 16s);
}

TEST_CASE_METHOD(Fixture, "a connection that lived 10 s starts the waits anew, a shorter one is a failure") {
  for (int i = 0; i < 4; ++i) (void)ended(unreachable);
  CHECK(ended(lived(9999ms)) == 16s);
  CHECK(ended(lived(10s)) == 1s);
  CHECK(ended(unreachable) == 1s);
  CHECK(ended(unreachable) == 2s);
}

TEST_CASE_METHOD(Fixture, "three failures in a row at the primary URL turn to the fallback") {
  (void)ended(unreachable);
  (void)ended(lived(1s));
  CHECK(policy.url() == primary);
  (void)ended(answered(404));
  CHECK(policy.url() == fallback);
}

TEST_CASE_METHOD(Fixture, "a good connection in between means no turning to the fallback") {
  for (int i = 0; i < 10; ++i) {
    (void)ended(unreachable);
    (void)ended(unreachable);
    (void)ended(lived(1min));
  }
  CHECK(policy.url() == primary);
}

TEST_CASE_METHOD(Fixture, "three failures at the fallback turn back to the primary URL, and so on") {
  for (int i = 0; i < 3; ++i) (void)ended(unreachable);
  for (int i = 0; i < 3; ++i) {
    CHECK(policy.url() == fallback);
    (void)ended(unreachable);
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(policy.url() == primary);
    CHECK(ended(unreachable) == 30s);
  }
  CHECK(policy.url() == fallback);
}

TEST_CASE_METHOD(Fixture, "after ten minutes the first reconnect from the fallback tries the primary URL again") {
  for (int i = 0; i < 3; ++i) (void)ended(unreachable);
  now += 9min;
  (void)ended(lived(5min));
  CHECK(policy.url() == fallback);
  now += 1min;
  (void)ended(lived(1min));
  CHECK(policy.url() == primary);
}

TEST_CASE_METHOD(Fixture, "a different offered URL is tried next, the same one changes nothing") {
  for (int i = 0; i < 3; ++i) (void)ended(unreachable);
  policy.offer(primary);
  CHECK(policy.url() == fallback);
  policy.offer("https://cp/other");
  CHECK(policy.url() == "https://cp/other");
  for (int i = 0; i < 2; ++i) (void)ended(unreachable);
  CHECK(policy.url() == "https://cp/other");
  (void)ended(unreachable);
  CHECK(policy.url() == fallback);
}

TEST_CASE("where the primary URL is the fallback there is nothing to turn to") {
  ReconnectPolicy policy(fallback, fallback);
  for (int i = 0; i < 20; ++i) (void)policy.ended(unreachable, TimePoint{}, 0);
  CHECK(policy.url() == fallback);
  policy.offer(primary);
  CHECK(policy.url() == primary);
}

TEST_CASE_METHOD(Fixture, "who is refused waits 60 s") {
  for (const int status : {401, 402, 403}) {
    CHECK(ended(answered(status)) == 60s);
    CHECK(ended(answered(status), 1.0) == 66s);
  }
}

TEST_CASE_METHOD(Fixture, "Retry-After of a 429 or 503 is obeyed, and says nothing about the URL") {
  for (int i = 0; i < 10; ++i) {
    CHECK(ended({429, 0ms, 17s}) == 17s);
    CHECK(ended({503, 0ms, 86400s}) == 24h);
  }
  CHECK(ended({429, 0ms, 100s}, 1.0) == 110s);
  CHECK(policy.url() == primary);
  CHECK(ended(unreachable) == 1s);
}

TEST_CASE_METHOD(Fixture, "an absurd Retry-After is bounded on both sides") {
  CHECK(ended({503, 0ms, std::chrono::seconds::max()}) == 24h);
  CHECK(ended({503, 0ms, std::chrono::seconds::min()}) == 1s);
  CHECK(ended({503, 0ms, 0s}) == 1s);
}

TEST_CASE_METHOD(Fixture, "Retry-After of any other answer is not looked at") {
  CHECK(ended({500, 0ms, 100s}) == 1s);
  CHECK(ended({200, 1min, 100s}) == 1s);
}

TEST_CASE_METHOD(Fixture, "a 503 without Retry-After is a failure like any other") {
  CHECK(ended(answered(503)) == 1s);
  CHECK(ended(answered(503)) == 2s);
  (void)ended(answered(503));
  CHECK(policy.url() == fallback);
}

TEST_CASE_METHOD(Fixture, "every end has a wait between half of the first and a day and a tenth") {
  for (const int status : {-1, 0, 100, 200, 204, 301, 400, 401, 404, 429, 500, 503, 999}) {
    for (const auto life : {-1ms, 0ms, 9999ms, 10000ms, milliseconds::max()}) {
      for (const auto retry : {std::optional<std::chrono::seconds>{}, {-5s}, {0s}, {1000000s}}) {
        for (const double random : {0.0, 0.999}) {
          now += 1min;
          const auto wait = ended({status, life, retry}, random);
          CHECK(wait >= 500ms);
          CHECK(wait <= 24h + 144min);
        }
      }
    }
  }
}

}  // namespace vf::push
