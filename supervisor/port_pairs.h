// PortPairs: two consecutive TCP ports on 127.0.0.1 for each pipeline, metrics then API: 8688/8689, 8690/8691, …
// Monotonic and never recycled within a run: a port used again too soon can meet its former owner's closing socket.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace vf::supervisor {

struct PortPair {
  std::uint16_t metrics = 0;
  std::uint16_t api = 0;
  friend bool operator==(const PortPair&, const PortPair&) = default;
};

class PortPairs {
 public:
  /// `is_free` says whether nobody listens on that port of 127.0.0.1 (or of all addresses) now.
  PortPairs(std::uint16_t base, std::function<bool(std::uint16_t)> is_free)
      : next_(base), is_free_(std::move(is_free)) {}

  /// The next pair of which both ports are free; pairs that somebody else holds are skipped for good.
  /// At most 64 pairs are looked at in one call, so that the loop does not stall; empty where none was found or
  /// no port is left: ask again later.
  [[nodiscard]] std::optional<PortPair> allocate();

  /// A pair that an earlier agent gave out and that is in use: it and all below are not given out again.
  void keep(PortPair pair) { next_ = std::max(next_, std::uint32_t{pair.metrics} + 2); }

  /// No port is left above those given out and passed by: allocate() will find none any more.
  [[nodiscard]] bool used_up() const { return next_ + 1 > 65535; }

  /// The pairs that allocate() has passed by since this was last asked.
  [[nodiscard]] std::vector<PortPair> take_skipped() { return std::exchange(skipped_, {}); }

  /// Whether a pair given out before can be used for another process of the same pipeline.
  [[nodiscard]] bool usable(PortPair pair) const { return is_free_(pair.metrics) && is_free_(pair.api); }

 private:
  std::uint32_t next_;  // wider than a port, so that it can be past the last one
  std::function<bool(std::uint16_t)> is_free_;
  std::vector<PortPair> skipped_;
};

/// Tries to bind 127.0.0.1:port as Vector will (SO_REUSEADDR); does not wait.
[[nodiscard]] bool port_is_free(std::uint16_t port);

}  // namespace vf::supervisor
