#include "agent/commands/build_facts.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>

#include "agent/commands/vector_asker.h"
#include "agent/version.h"
#include "supervisor/atomic_file.h"
#include "supervisor/vector_version.h"

namespace vf::agent {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds deadline{10};

#if defined(__clang__)
constexpr const char* compiler = __VERSION__;  // which begins with its name
#else
constexpr const char* compiler = "gcc " __VERSION__;
#endif

const char* build_kind() {
#if defined(__SANITIZE_ADDRESS__)
  return "with AddressSanitizer";
#elif defined(__SANITIZE_THREAD__)
  return "with ThreadSanitizer";
#elif defined(NDEBUG)
  return "release";
#else
  return "debug";
#endif
}

json::object vector_facts(const Invocation& asked) {
  const auto path = vector_of(asked);
  if (!path) return {{"problem", path.error().message()}};
  const auto said = ask_vector(asked, {"--version"}, {}, deadline);
  if (!said) return {{"path", path.value()}, {"problem", said.error().message()}};
  const auto version = supervisor::parse_vector_version(said.value().output);
  if (!version) return {{"path", path.value()}, {"problem", "it does not say which version it is"}};
  return {{"path", path.value()}, {"version", version->to_string()}};
}

/// PRETTY_NAME of /etc/os-release.
std::string os_name() {
  const auto text = supervisor::read_file("/etc/os-release", 64U << 10);
  if (!text) return "";
  constexpr std::string_view name = "PRETTY_NAME=";
  const std::size_t begin = ("\n" + text.value()).find("\n" + std::string(name));
  if (begin == std::string::npos) return "";
  std::string line = text.value().substr(begin + name.size());
  line.resize(std::min(line.find('\n'), line.size()));
  std::erase(line, '"');
  return line;
}

}  // namespace

json::object program_facts(const Invocation& asked) {
  return {{"agent", json::object{{"version", vf::agent::version}, {"compiler", compiler}, {"build", build_kind()}}},
          {"vector", vector_facts(asked)}};
}

json::object host_facts() {
  utsname names{};
  ::uname(&names);
  json::object facts{{"kernel", std::string(names.sysname) + " " + names.release},
                     {"machine", names.machine},
                     {"os", os_name()},
                     {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)}};
  facts["memoryBytes"] = ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE);
  return facts;
}

}  // namespace vf::agent
