#include "agent/local/tap_stream.h"

#include <utility>

namespace vf::agent {

TapStream::TapStream(std::uint64_t limit, std::function<void(std::uint64_t)> on_dropped)
    : limit_(limit), count_dropped_(std::move(on_dropped)) {}

void TapStream::start(std::function<void()> wake) {
  wake_ = std::move(wake);
}

void TapStream::wake() {
  if (wake_) wake_();
}

void TapStream::on_event(std::string_view json) {
  if (ended_) return;
  if (!waiting_.empty() && waiting_.size() + json.size() > most_bytes) {
    ++dropped_;
    return count_dropped_(1);
  }
  tell_dropped();
  waiting_.append("{\"event\":").append(json).append("}\n");
  if (++events_ == limit_) end("the limit of events is reached");
  wake();
}

void TapStream::on_dropped(std::uint64_t count) {
  if (ended_) return;
  dropped_ += count;
  wake();
}

void TapStream::on_notice(std::string_view text) {
  if (!ended_) say("notice", text);
}

void TapStream::on_end(std::string_view reason) {
  if (!ended_) end(reason);
}

void TapStream::end(std::string_view reason) {
  ended_ = true;
  say("stopped", reason);
}

/// A few words, however much waits.
void TapStream::say(std::string_view member, std::string_view text) {
  tell_dropped();
  waiting_.append("{\"").append(member).append("\":");
  append_json(waiting_, text);
  waiting_ += "}\n";
  wake();
}

void TapStream::tell_dropped() {
  if (dropped_ == 0) return;
  waiting_ += "{\"dropped\":" + std::to_string(std::exchange(dropped_, 0)) + "}\n";
}

bool TapStream::read(std::string& into, std::size_t room) {
  if (ended_) watch_.reset();  // not from inside one of its calls: whoever reads was woken by a post
  if (waiting_.empty()) tell_dropped();
  std::size_t size = waiting_.size();
  if (size > room) {
    const std::size_t last = waiting_.rfind('\n', room - 1);
    size = (last != std::string::npos ? last : waiting_.find('\n')) + 1;
  }
  into.append(waiting_, 0, size);
  if (size == waiting_.size()) {
    std::string().swap(waiting_);
    return !ended_;
  }
  waiting_.erase(0, size);
  return true;
}

}  // namespace vf::agent
