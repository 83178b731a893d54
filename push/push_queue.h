// PushQueue: what the stream's thread has to tell the loop and the loop has not taken yet. Plain data, no lock: the
// channel guards it.
//
// The server may send faster than the loop takes, so messages are bounded and a repeated "poll now" costs nothing: a
// ConfigChanged equal to the message queued just before it is merged with it. What finds no room is dropped and
// counted; the next poll heals a lost ConfigChanged. Connected and Disconnected always find room: there is one of each
// a connection, and connections are paced.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <variant>

#include "push/push_message.h"

namespace vf::push {

/// The stream is open.
struct Connected {};

/// A connection, or the attempt at one, has ended.
struct Disconnected {
  bool was_open = false;  ///< Connected was told before
  int status = 0;         ///< HTTP status; 0: there was no answer
  std::string reason;     ///< for people
  std::string url;        ///< where it was tried
  std::chrono::milliseconds retry_in{0};
};

using PushNews = std::variant<Connected, Disconnected, PushMessage>;

class PushQueue {
 public:
  static constexpr std::size_t default_max_messages = 256;

  explicit PushQueue(std::size_t max_messages = default_max_messages) : max_messages_(max_messages) {}

  void add(PushNews news);
  /// The oldest `at_most` entries, in the order they came.
  [[nodiscard]] std::deque<PushNews> take(std::size_t at_most);

  [[nodiscard]] bool empty() const { return news_.empty(); }
  [[nodiscard]] std::uint64_t merged() const { return merged_; }    ///< ConfigChanged that said nothing new
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  ///< messages that found no room

 private:
  const std::size_t max_messages_;
  std::deque<PushNews> news_;
  std::size_t messages_ = 0;  // how many of news_ are messages
  std::uint64_t merged_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace vf::push
