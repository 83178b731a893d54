#include "supervisor/validator.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "supervisor/process/capture.h"

namespace vf::supervisor {
namespace {

// Vector's own words are a few lines; a graph of thousands of unknown inputs is cut, and says so.
constexpr std::size_t most_output = 256U << 10;

ValidationVerdict no_verdict(const std::string& why) {
  return {ValidationVerdict::Kind::unknown, why};
}

}  // namespace

void Validator::submit(Command command, std::map<std::string, std::string> secrets, std::function<bool()> needed,
                       Done done) {
  waiting_.push_back({std::move(command), std::move(secrets), std::move(needed), std::move(done)});
  boost::asio::post(loop_, [this] { begin(); });
}

void Validator::begin() {
  while (running_ < at_once_ && !waiting_.empty()) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    if (!job.needed()) continue;
    ++running_;
    capture(loop_, std::move(job.command), deadline_, most_output,
            [this, done = std::move(job.done), secrets = std::move(job.secrets)](const Result<Captured>& captured) {
              --running_;
              done(captured ? validation_verdict(captured.value().output, captured.value().status, secrets)
                            : no_verdict(captured.error().message()));
              begin();
            });
    return boost::asio::post(loop_, [this] { begin(); });  // a start takes a millisecond: one a turn
  }
}

}  // namespace vf::supervisor
