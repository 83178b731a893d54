#include "agent/commands/full_screen.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

constexpr std::string_view to_other_screen = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view back_again = "\x1b[?25h\x1b[?1049l";

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;  // the terminal is gone, and SIGHUP will say so
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

FullScreen::Key key_of(std::string_view typed) {
  using Key = FullScreen::Key;
  if (typed == "q" || typed == "Q" || typed == "\x04") return Key::quit;
  if (typed == "s" || typed == "S") return Key::sort;
  if (typed == "k" || typed == "\x1b[A" || typed == "\x1bOA") return Key::up;
  if (typed == "j" || typed == "\x1b[B" || typed == "\x1bOB") return Key::down;
  if (typed == "\x1b[5~") return Key::page_up;
  if (typed == " " || typed == "\x1b[6~") return Key::page_down;
  if (typed == "g" || typed == "\x1b[H" || typed == "\x1b[1~" || typed == "\x1bOH") return Key::home;
  if (typed == "G" || typed == "\x1b[F" || typed == "\x1b[4~" || typed == "\x1bOF") return Key::end;
  return Key::none;
}

/// The first key of what was typed: one character, or one sequence of the terminal's.
std::size_t first_key(std::string_view typed) {
  if (typed.size() < 3 || typed[0] != '\x1b' || (typed[1] != '[' && typed[1] != 'O')) return 1;
  std::size_t end = 2;
  while (end < typed.size() && (typed[end] < '@' || typed[end] > '~')) ++end;
  return std::min(end + 1, typed.size());
}

}  // namespace

struct FullScreen::Impl {
  Impl() {
    ::sigemptyset(&held);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) ::sigaddset(&held, number);
    ::sigprocmask(SIG_BLOCK, &held, &before);
    signals.reset(::signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK));
    ::tcgetattr(STDIN_FILENO, &as_it_was);
    enter();
  }
  ~Impl() {
    leave();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
  }

  void enter() const {
    termios keys = as_it_was;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ISIG stays: Ctrl-C and Ctrl-Z are signals
    keys.c_cc[VMIN] = 0;
    keys.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    put(to_other_screen);
  }
  void leave() const {
    put(back_again);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
  }

  /// Does what the signal does to a program that does not hold it; comes back only from having been stopped.
  void obey(int number) const {
    leave();
    ::signal(number, SIG_DFL);
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, number);
    ::raise(number);
    ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
    ::sigprocmask(SIG_BLOCK, &one, nullptr);
    enter();
  }

  sigset_t held{}, before{};
  supervisor::UniqueDescriptor signals;
  termios as_it_was{};
  std::string typed;
};

FullScreen::FullScreen() : impl_(std::make_unique<Impl>()) {}
FullScreen::~FullScreen() = default;

void FullScreen::draw(const std::vector<std::string>& lines) {
  std::string frame = "\x1b[?2026h\x1b[H";  // where it is known, all of it appears at once
  for (std::size_t i = 0; i < lines.size(); ++i) frame += (i == 0 ? "" : "\r\n") + lines[i] + "\x1b[K";
  put(frame + "\x1b[J\x1b[?2026l");
}

FullScreen::Key FullScreen::wait(std::chrono::milliseconds longest) {
  if (impl_->typed.empty()) {
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {impl_->signals.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) <= 0) return Key::none;
    signalfd_siginfo told{};
    while (::read(impl_->signals.get(), &told, sizeof told) == static_cast<ssize_t>(sizeof told)) {
      if (told.ssi_signo != SIGWINCH) impl_->obey(static_cast<int>(told.ssi_signo));
      return Key::resized;
    }
    std::array<char, 64> bytes{};
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count == 0 && (watched[0].revents & (POLLIN | POLLHUP)) != 0)
      return Key::quit;  // nobody can press a key any more
    if (count > 0) impl_->typed.assign(bytes.data(), static_cast<std::size_t>(count));
  }
  if (impl_->typed.empty()) return Key::none;
  const std::size_t end = first_key(impl_->typed);
  const Key key = key_of(std::string_view(impl_->typed).substr(0, end));
  impl_->typed.erase(0, end);
  return key;
}

}  // namespace vf::agent
