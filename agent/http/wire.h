// Wire: one TCP connection, with TLS on top where asked, whose every wait ends: at a deadline, after a silence, or when
// it is cancelled. Knows nothing of HTTP.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/http/canceller.h"
#include "agent/http/http_message.h"
#include "agent/http/resolver.h"
#include "agent/http/tls.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {

using SteadyTime = std::chrono::steady_clock::time_point;

/// When to give up waiting: whichever comes first.
struct IoLimits {
  SteadyTime deadline = SteadyTime::max();
  SteadyTime::duration silence = SteadyTime::duration::max();  ///< without a single byte
};

/// For one thread at a time; another one may cancel. What fails leaves the wire closed for reading and writing, but for
/// the one case that write() names.
class Wire {
 public:
  /// `canceller` outlives the wire. Once it is cancelled everything here fails with `cancelled`.
  explicit Wire(Canceller& canceller) : canceller_(canceller) {}
  ~Wire() { close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Resolves and connects; tries the addresses in turn, each with its share of the time. nullopt: connected.
  [[nodiscard]] std::optional<HttpFailure> connect(const std::string& host, std::uint16_t port, SteadyTime until);
  /// nullopt: from here on all bytes are encrypted, and the peer has proved to be `server_name`.
  [[nodiscard]] std::optional<HttpFailure> start_tls(TlsContext& context, const std::string& server_name,
                                                     std::uint16_t port, SteadyTime until);

  /// Reads at least one byte. 0: the peer will send no more. -1: failure() says why not.
  [[nodiscard]] std::ptrdiff_t read(char* into, std::size_t size, const IoLimits& limits);
  /// Writes all. false: failure() says why not. Where it is `closed`, what the peer sent before it closed may still be
  /// read: an early answer, such as 413.
  [[nodiscard]] bool write(std::string_view bytes, const IoLimits& limits);

  [[nodiscard]] const HttpFailure& failure() const { return failure_; }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(descriptor_); }
  /// Open, and there is nothing to read: on a connection at rest, anything to read is the news of its end.
  [[nodiscard]] bool is_at_rest() const;
  void close();

 private:
  enum class Wait { ready, timeout, cancelled };

  [[nodiscard]] std::optional<HttpFailure> connect_to(const SocketAddress& address, SteadyTime until);
  [[nodiscard]] Wait wait_for(short events, SteadyTime until);
  // Waits as `step` asks to. false: failed, failure_ is set.
  [[nodiscard]] bool wait_as_asked(TlsStep::Outcome outcome, const IoLimits& limits);
  [[nodiscard]] TlsStep read_step(char* into, std::size_t size);
  [[nodiscard]] TlsStep write_step(std::string_view bytes);
  [[nodiscard]] bool may_go_on(const IoLimits& limits);  // false: failed, failure_ is set
  bool fail(const TlsStep& step);                        // always false
  bool fail(HttpFault fault, std::string words);         // always false

  Canceller& canceller_;
  supervisor::UniqueDescriptor descriptor_;
  std::optional<TlsSession> tls_;
  HttpFailure failure_;
};

}  // namespace vf::agent
