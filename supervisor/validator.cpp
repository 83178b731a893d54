#include "supervisor/validator.h"

#include <boost/asio/post.hpp>
#include <utility>

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

void Validator::stop() {
  waiting_.clear();
  for (Running& running : running_) {
    *running.over = true;
    running.cancel();
  }
  running_.clear();
}

/// What a newer wish has made needless holds no place up.
void Validator::end_needless() {
  std::erase_if(running_, [](const Running& running) {
    if (running.needed()) return false;
    *running.over = true;
    running.cancel();
    return true;
  });
}

void Validator::begin() {
  end_needless();
  while (running_.size() < at_once_ && !waiting_.empty()) {
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    if (!job.needed()) continue;
    const auto place =
        running_.insert(running_.end(), Running{std::move(job.needed), nullptr, std::make_shared<bool>(false)});
    place->cancel =
        capture(loop_, std::move(job.command), deadline_, most_output,
                [this, place, over = place->over, done = std::move(job.done),
                 secrets = std::move(job.secrets)](const Result<Captured>& captured) {
                  if (*over) return;
                  running_.erase(place);
                  done(captured ? validation_verdict(captured.value().output, captured.value().status, secrets)
                                : no_verdict(captured.error().message()));
                  begin();
                });
    return boost::asio::post(loop_, [this] { begin(); });  // a start takes a millisecond: one a turn
  }
}

}  // namespace vf::supervisor
