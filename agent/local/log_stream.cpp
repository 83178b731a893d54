#include "agent/local/log_stream.h"

#include <algorithm>

namespace vf::agent {

LogStream::LogStream(Parts parts) : parts_(std::move(parts)), ring_(parts_.hub.ring(parts_.pipeline_id)) {
  if (!ring_) return;
  end_ = ring_->end();
  next_ = std::max(ring_->first(), end_ - std::min<std::uint64_t>(end_, parts_.lines));
}

LogStream::~LogStream() {
  if (wake_) parts_.hub.cease(parts_.pipeline_id, *this);
}

void LogStream::start(std::function<void()> wake) {
  if (!parts_.follow) return;
  wake_ = std::move(wake);
  parts_.hub.watch(parts_.pipeline_id, *this);
}

void LogStream::on_news() {
  wake_();
}

bool LogStream::next_ring() {
  auto newest = parts_.hub.ring(parts_.pipeline_id);
  if (!newest || newest == ring_) return false;
  ring_ = std::move(newest);
  next_ = 0;
  return true;
}

void LogStream::learn_secrets() {
  const auto* const secrets = parts_.secrets();
  if (secrets == nullptr) return;
  bool news = false;
  for (const auto& [name, value] : *secrets) news = values_.emplace(value, value).second || news;
  if (news) mask_ = supervisor::SecretMask(values_);
}

bool LogStream::read(std::string& into, std::size_t room) {
  if (!ring_ && !(parts_.follow && next_ring())) return false;
  learn_secrets();
  const std::size_t begin = into.size();
  while (into.size() - begin < room) {
    const std::uint64_t end = parts_.follow ? ring_->end() : end_;
    if (next_ >= end) {
      if (!parts_.follow) return false;
      if (!ring_->closed()) break;
      if (!next_ring()) return false;
      continue;
    }
    if (const std::uint64_t first = std::min(ring_->first(), end); next_ < first) {
      const std::uint64_t dropped = first - next_;
      into += "{\"dropped\":" + std::to_string(dropped) + "}\n";
      parts_.on_dropped(dropped);
      next_ = first;
      continue;
    }
    into += "{\"number\":" + std::to_string(next_) + ",\"line\":";
    const std::string_view line = ring_->at(next_++);
    if (mask_.empty())
      append_json(into, line);
    else
      append_json(into, mask_.apply(std::string(line)));
    into += "}\n";
  }
  return true;
}

}  // namespace vf::agent
