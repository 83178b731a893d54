#include "push/push_queue.h"

#include <utility>

namespace vf::push {
namespace {

const ConfigChanged* config_changed(const PushNews& news) {
  const auto* message = std::get_if<PushMessage>(&news);
  return message ? std::get_if<ConfigChanged>(message) : nullptr;
}

}  // namespace

void PushQueue::add(PushNews news) {
  if (std::holds_alternative<PushMessage>(news)) {
    const ConfigChanged* const changed = config_changed(news);
    const ConfigChanged* const last = news_.empty() ? nullptr : config_changed(news_.back());
    if (changed && last && *changed == *last) {
      ++merged_;
      return;
    }
    if (messages_ == max_messages_) {
      ++dropped_;
      return;
    }
    ++messages_;
  }
  news_.push_back(std::move(news));
}

std::deque<PushNews> PushQueue::take(std::size_t at_most) {
  std::deque<PushNews> taken;
  while (taken.size() < at_most && !news_.empty()) {
    if (std::holds_alternative<PushMessage>(news_.front())) --messages_;
    taken.push_back(std::move(news_.front()));
    news_.pop_front();
  }
  return taken;
}

}  // namespace vf::push
