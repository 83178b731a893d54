#include "agent/log_hub.h"

#include <algorithm>

#include "logbuf/line_splitter.h"
#include "logbuf/safe_text.h"

namespace vf::agent {

struct LogHub::Sink final : supervisor::OutputSink {
  Sink(LogHub& to, std::string of, std::shared_ptr<logbuf::LogRing> into, const std::string& name)
      : hub(to), id(std::move(of)), ring(std::move(into)), head(to.log_.echo_head(name)) {}

  void on_line(std::string_view line) override {
    ring->push(line);
    if (hub.echo_) hub.log_.echo(head, line);
    if (hub.reader_ != nullptr) hub.reader_->on_lines();
    hub.tell_watchers(id);
  }

  void on_skipped(std::uint64_t lines) override {
    ring->skip(lines);
    if (hub.echo_) hub.log_.echo(head, "… " + std::to_string(lines) + " lines dropped");
    if (hub.reader_ != nullptr) hub.reader_->on_lines();
    hub.tell_watchers(id);
  }

  [[nodiscard]] std::size_t room() const override {
    if (hub.reader_ == nullptr) return OutputSink::room();
    const std::uint64_t unread = ring->end() - std::max(hub.reader_->log_cursor(id).value_or(0), ring->first());
    return unread < ring->max_lines() ? ring->max_lines() - static_cast<std::size_t>(unread) : 0;
  }
  LogHub& hub;
  const std::string id;
  const std::shared_ptr<logbuf::LogRing> ring;
  const std::string head;
};

std::unique_ptr<supervisor::OutputSink> LogHub::open(const std::string& id, const std::string& name) {
  auto ring = std::make_shared<logbuf::LogRing>();
  std::shared_ptr<logbuf::LogRing>& place = rings_[id];
  if (place) place->close();  // what it holds is shipped still, before the new one's lines
  place = ring;
  if (reader_ != nullptr) reader_->on_ring(id, ring);
  tell_watchers(id);
  return std::make_unique<Sink>(*this, id, std::move(ring), name);
}

void LogHub::say(const std::string& id, const std::string& text) {
  const auto found = rings_.find(id);
  if (found == rings_.end()) return;
  std::string line = "vf-agent: ";
  logbuf::append_safe(line, text, logbuf::kMaxLineBytes);
  found->second->push(line);
  if (reader_ != nullptr) reader_->on_own_line();
  tell_watchers(id);
}

void LogHub::close(const std::string& id) {
  const auto found = rings_.find(id);
  if (found == rings_.end()) return;
  found->second->close();
  rings_.erase(found);
  if (reader_ != nullptr) reader_->on_retired(id);
  tell_watchers(id);
}

void LogHub::cease(const std::string& id, const Watcher& watcher) {
  const auto [begin, end] = watchers_.equal_range(id);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == &watcher; });
  if (found != end) watchers_.erase(found);
}

void LogHub::tell_watchers(const std::string& id) {
  if (watchers_.empty()) return;
  const auto [begin, end] = watchers_.equal_range(id);
  for (auto one = begin; one != end; ++one) one->second->on_news();
}

std::shared_ptr<const logbuf::LogRing> LogHub::ring(const std::string& id) const {
  const auto found = rings_.find(id);
  return found == rings_.end() ? nullptr : found->second;
}

}  // namespace vf::agent
