// Threads that stay out of the loop's way: no signal is ever delivered on them, so that all signals reach the loop.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace vf::push {

/// Starts `run` on a new thread with every signal but its own faults blocked from its first instruction on. `name` is
/// what `top -H` shows, cut at 15 bytes.
[[nodiscard]] std::jthread start_quiet_thread(const std::string& name, std::function<void()> run);

}  // namespace vf::push
