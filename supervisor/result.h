// Result<T>: a value, or an Error that says what was attempted, on what, and why it failed.
// Network, disk and child failures travel as these; a broken invariant aborts instead.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace vf {

/// What went wrong, in words an operator can act on.
struct Error {
  std::string attempted;  ///< the act and its object, as in "open /var/lib/vf-agent/node-token"
  std::string reason;     ///< the system's or the peer's answer, as in "Permission denied (errno 13)"
  int code = 0;           ///< errno or HTTP status where there is one, else 0

  [[nodiscard]] std::string message() const { return "cannot " + attempted + ": " + reason; }
};

/// The Error of a failed system call: `attempted` names the act and its object, `errnum` is its errno.
[[nodiscard]] Error system_error(std::string attempted, int errnum);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  [[nodiscard]] const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Result of an act that yields nothing.
using Status = Result<std::monostate>;
[[nodiscard]] inline Status success() {
  return std::monostate{};
}

}  // namespace vf
