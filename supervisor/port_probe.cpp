#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "supervisor/port_pairs.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::supervisor {

bool port_is_free(std::uint16_t port) {
  const UniqueDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return true;  // out of descriptors says nothing about the port; Vector's own bind will tell
  const int one = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace vf::supervisor
