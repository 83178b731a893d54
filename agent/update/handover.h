// Handover: what one program image leaves to the next in the same process, in the environment variable VF_HANDOVER. It
// is of this program's own making and no option; another agent's Vectors never see it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {

/// What was started, to be started again. Never changes.
struct Launch {
  std::string binary;                  ///< the file that was asked for, absolute; who replaces it means this one
  std::vector<std::string> arguments;  ///< argv, argv[0] included
  std::map<std::string, std::string> environment;  ///< without VF_HANDOVER
};

struct Handover {
  int lock = -1;               ///< descriptor that holds the data directory's lock
  int trial = -1;              ///< where the guard hears how the trial goes (guard.h); -1: there is none
  bool was_connected = false;  ///< the control plane was reached
  std::string from;            ///< the version that handed over
  std::string failure;         ///< why nothing was upgraded: the same program again; "" otherwise
  friend bool operator==(const Handover&, const Handover&) = default;
};

inline constexpr const char* handover_variable = "VF_HANDOVER";

// Pure. Decoding takes back what was encoded; anything else is nothing.
[[nodiscard]] std::string encode(const Handover& handover);
[[nodiscard]] std::optional<Handover> decode_handover(const std::string& text);

/// Of a descriptor that comes out of the environment: whether it is open, above 2. Sets close-on-exec.
[[nodiscard]] supervisor::UniqueDescriptor take_inherited(int descriptor);

/// SIGTERM, SIGINT and SIGUSR2 wait from here on, for take_signals() of this image or of the next. The other threads
/// take none.
void hold_signals();
void take_signals();

/// Becomes `file` (a path, or /proc/self/exe) in this process, with the launch's arguments and environment and, where
/// there is a handover, its descriptors and variable. Holds the signals. Comes back only where exec failed, with errno.
/// One thread is left by now.
[[nodiscard]] int exec_image(const std::string& file, const Launch& launch, const std::optional<Handover>& handover);

}  // namespace vf::agent
