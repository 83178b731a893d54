#include "logbuf/log_ring.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

namespace vf::logbuf {
namespace {

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kFirstBytes = 512;
constexpr std::size_t kFirstSlots = 8;

/// An empty line takes a byte too, so that "the newest ends where the oldest begins" can only mean full.
std::size_t stored_size(std::size_t size) {
  return std::max<std::size_t>(size, 1);
}

}  // namespace

LogRing::LogRing(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {
  assert(max_lines >= 1 && max_bytes >= 1 && max_bytes <= std::numeric_limits<std::uint32_t>::max());
}

void LogRing::push(std::string_view line) {
  assert(!closed_);
  pushed_bytes_ += line.size();
  const std::size_t size = stored_size(line.size());
  if (size > max_bytes_) {
    while (first_ < end_) drop_oldest();
    first_ = ++end_;
    return;
  }

  if (end_ - first_ == max_lines_) drop_oldest();
  if (end_ - first_ == slots_.size()) grow_slots();
  std::size_t place = place_for(size);
  while (place == kNowhere) {
    if (capacity_ < max_bytes_) {
      grow_bytes(size);
    } else {
      drop_oldest();
    }
    place = place_for(size);
  }

  if (!line.empty()) std::memcpy(bytes_.get() + place, line.data(), line.size());
  write_at_ = place + size;
  kept_bytes_ += size;
  slots_[slot_index(end_)] = {static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(line.size())};
  ++end_;
}

void LogRing::skip(std::uint64_t lines) {
  assert(!closed_);
  while (first_ < end_) drop_oldest();
  end_ += lines;
  first_ = end_;
}

std::string_view LogRing::at(std::uint64_t number) const {
  assert(first_ <= number && number < end_);
  const Slot& slot = slots_[slot_index(number)];
  return {bytes_.get() + slot.offset, slot.size};
}

LogRing::Slice LogRing::read(std::uint64_t cursor, std::size_t max_lines, std::size_t max_bytes) const {
  cursor = std::min(cursor, end_);
  Slice slice;
  slice.next = std::max(cursor, first_);
  slice.dropped = slice.next - cursor;
  std::size_t bytes = 0;
  while (slice.next < end_ && slice.lines.size() < max_lines) {
    const std::string_view line = at(slice.next);
    bytes += line.size();
    if (bytes > max_bytes && !slice.lines.empty()) break;
    slice.lines.emplace_back(line);
    ++slice.next;
  }
  return slice;
}

std::size_t LogRing::allocated_bytes() const {
  return capacity_ + slots_.capacity() * sizeof(Slot);
}

std::size_t LogRing::slot_index(std::uint64_t number) const {
  const std::size_t index = first_slot_ + static_cast<std::size_t>(number - first_);
  return index < slots_.size() ? index : index - slots_.size();
}

/// Where `size` bytes in one piece are free; kNowhere when nowhere.
std::size_t LogRing::place_for(std::size_t size) const {
  if (first_ == end_) return size <= capacity_ ? 0 : kNowhere;
  const std::size_t oldest = slots_[first_slot_].offset;
  if (write_at_ <= oldest) return size <= oldest - write_at_ ? write_at_ : kNowhere;
  if (size <= capacity_ - write_at_) return write_at_;
  return size <= oldest ? 0 : kNowhere;
}

void LogRing::drop_oldest() {
  kept_bytes_ -= stored_size(slots_[first_slot_].size);
  if (++first_slot_ == slots_.size()) first_slot_ = 0;
  ++first_;
}

/// By half rather than by two: there may be 500 rings, and what one does not use is lost to all.
void LogRing::grow_bytes(std::size_t size) {
  const std::size_t wanted = std::max({kFirstBytes, capacity_ + capacity_ / 2, kept_bytes_ + size});
  const std::size_t capacity = std::min(wanted, max_bytes_);
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  std::size_t offset = 0;
  for (std::uint64_t number = first_; number < end_; ++number) {
    Slot& slot = slots_[slot_index(number)];
    std::memcpy(bytes.get() + offset, bytes_.get() + slot.offset, slot.size);
    slot.offset = static_cast<std::uint32_t>(offset);
    offset += stored_size(slot.size);
  }
  bytes_ = std::move(bytes);
  capacity_ = capacity;
  write_at_ = offset;
}

void LogRing::grow_slots() {
  std::rotate(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(first_slot_), slots_.end());
  first_slot_ = 0;
  const std::size_t size = std::min(std::max(kFirstSlots, slots_.size() * 2), max_lines_);
  slots_.reserve(size);
  slots_.resize(size);
}

}  // namespace vf::logbuf
