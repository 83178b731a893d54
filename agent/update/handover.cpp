#include "agent/update/handover.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "supervisor/process/exec_words.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

sigset_t kept_for_the_next() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGUSR2}) sigaddset(&signals, number);
  return signals;
}

void keep_open(int descriptor) {
  if (descriptor >= 0) ::fcntl(descriptor, F_SETFD, 0);
}

}  // namespace

std::string encode(const Handover& handover) {
  return json::serialize(json::object{{"lock", handover.lock},
                                      {"trial", handover.trial},
                                      {"was_connected", handover.was_connected},
                                      {"from", handover.from},
                                      {"failure", handover.failure}});
}

std::optional<Handover> decode_handover(const std::string& text) {
  boost::system::error_code failed;
  const json::value root = json::parse(text, failed);
  const json::object* object = failed ? nullptr : root.if_object();
  if (object == nullptr) return std::nullopt;
  const auto number = [&](const char* name) -> std::optional<int> {
    const json::value* value = object->if_contains(name);
    if (value == nullptr || !value->is_int64() || value->get_int64() < -1 || value->get_int64() > (1 << 24))
      return std::nullopt;
    return static_cast<int>(value->get_int64());
  };
  const auto words = [&](const char* name) -> std::optional<std::string> {
    const json::value* value = object->if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
  };
  const json::value* connected = object->if_contains("was_connected");
  const auto lock = number("lock");
  const auto trial = number("trial");
  const auto from = words("from");
  const auto failure = words("failure");
  if (!lock || !trial || !from || !failure || connected == nullptr || !connected->is_bool()) return std::nullopt;
  return Handover{*lock, *trial, connected->get_bool(), *from, *failure};
}

supervisor::UniqueDescriptor take_inherited(int descriptor) {
  if (descriptor <= STDERR_FILENO || ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) return {};
  return supervisor::UniqueDescriptor(descriptor);
}

int exec_image(const std::string& file, const Launch& launch, const std::optional<Handover>& handover) {
  std::vector<std::string> arguments = launch.arguments;
  std::vector<std::string> environment = supervisor::environment_lines(launch.environment);
  if (handover) {
    environment.push_back(std::string(handover_variable) + "=" + encode(*handover));
    keep_open(handover->lock);
    keep_open(handover->trial);
  }
  hold_signals();
  ::execve(file.c_str(), supervisor::pointers_to(arguments).data(), supervisor::pointers_to(environment).data());
  return errno;
}

void hold_signals() {
  const sigset_t signals = kept_for_the_next();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void take_signals() {
  const sigset_t signals = kept_for_the_next();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace vf::agent
