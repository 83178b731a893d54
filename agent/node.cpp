#include "agent/node.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>

#include "supervisor/atomic_file.h"

namespace vf::agent {
namespace {

std::string go_architecture(const std::string& machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine.starts_with("armv")) return "arm";
  if (machine == "i686" || machine == "i386") return "386";
  return machine;
}

bool in_container() {
  struct stat found {};
  if (::stat("/.dockerenv", &found) == 0 || ::stat("/run/.containerenv", &found) == 0) return true;
  if (::getenv("KUBERNETES_SERVICE_HOST") != nullptr) return true;
  const auto cgroup = supervisor::read_file("/proc/1/cgroup");
  if (!cgroup) return false;
  for (const char* word : {"docker", "containerd", "kubepods", "libpod"})
    if (cgroup.value().find(word) != std::string::npos) return true;
  return false;
}

std::string user_name() {
  std::array<char, 1024> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t uid = ::geteuid();
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(uid);
}

}  // namespace

NodeIdentity identify_node(const std::map<std::string, std::string>& own_labels) {
  utsname system{};
  ::uname(&system);
  NodeIdentity node;
  node.hostname = system.nodename;
  const std::string architecture = go_architecture(system.machine);
  node.os = "linux/" + architecture;
  node.deployment_mode = in_container() ? "DOCKER" : "STANDALONE";
  node.running_as = user_name();
  node.labels = own_labels;  // emplace below leaves what is there: the operator's win
  node.labels.emplace("vf.io/os", "linux");
  node.labels.emplace("vf.io/arch", architecture);
  node.labels.emplace("vf.io/deployment-mode", node.deployment_mode);
  if (!node.hostname.empty()) node.labels.emplace("vf.io/hostname", node.hostname);
  return node;
}

}  // namespace vf::agent
