#include "agent/control/vectorflow/node_token.h"

#include <cerrno>

#include "supervisor/atomic_file.h"

namespace vf::agent::vectorflow {

std::string node_token_path(const std::string& data_dir) {
  return data_dir + "/node-token";
}

Result<std::string> load_node_token(const std::string& data_dir) {
  auto content = supervisor::read_file(node_token_path(data_dir), 64U << 10);
  if (!content) return content.error().code == ENOENT ? Result<std::string>(std::string()) : content.error();
  constexpr const char* blanks = " \t\r\n";
  const std::string& text = content.value();
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string::npos) return std::string();
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

Status store_node_token(const std::string& data_dir, const std::string& token) {
  if (Status made = supervisor::make_directory(data_dir, 0700); !made) return made;
  return supervisor::write_atomically(node_token_path(data_dir), token, 0600);
}

}  // namespace vf::agent::vectorflow
