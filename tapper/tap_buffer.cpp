#include "tapper/tap_buffer.h"

#include <utility>

namespace vf::tapper {

void TapBuffer::add(std::string_view event) {
  const std::size_t size = event.size() + 1;
  if (size > half_) {
    ++dropped_;
    return;
  }
  head_full_ = head_full_ || head_.size() + size > half_;
  if (!head_full_) {
    head_.append(event).push_back(',');
  } else {
    make_room(size);
    tail_.append(event).push_back(',');
    tail_sizes_.push_back(static_cast<std::uint32_t>(size));
  }
  ++events_;
}

void TapBuffer::make_room(std::size_t size) {
  while (tail_size() + size > half_) {
    tail_begin_ += tail_sizes_.front();
    tail_sizes_.pop_front();
    ++dropped_;
    --events_;
  }
  if (tail_begin_ <= half_) return;  // each byte is moved once for each that was dropped
  tail_.erase(0, tail_begin_);
  tail_begin_ = 0;
}

TapBuffer::Batch TapBuffer::take() {
  Batch batch;
  batch.before = std::exchange(head_, {});
  tail_.erase(0, tail_begin_);
  batch.after = std::exchange(tail_, {});
  for (std::string* values : {&batch.before, &batch.after})
    if (!values->empty()) values->pop_back();
  batch.dropped = std::exchange(dropped_, 0);
  batch.events = std::exchange(events_, 0);
  tail_begin_ = 0;
  tail_sizes_.clear();
  head_full_ = false;
  return batch;
}

}  // namespace vf::tapper
