// FullScreen: the terminal as a page that is drawn anew: its other screen, no cursor, keys as they are pressed. Gives
// it back as it was on every way out, the signals that end a program included.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace vf::agent {

class FullScreen {
 public:
  /// The standard input and output are a terminal. One at a time, on the only thread.
  FullScreen();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  /// Replaces what is shown, in one write and without clearing first, so that nothing flickers.
  void draw(const std::vector<std::string>& lines);

  enum class Key { none, quit, sort, up, down, page_up, page_down, home, end, resized };
  /// The next key, or none after so long. A signal that ends the program ends it here, once the terminal is given back.
  Key wait(std::chrono::milliseconds longest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vf::agent
