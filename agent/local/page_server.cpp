#include "agent/local/page_server.h"

#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "agent/local/page.h"
#include "supervisor/atomic_file.h"

namespace vf::agent {
namespace {

constexpr std::size_t token_digits = 64;
constexpr std::string_view hex_digits = "0123456789abcdef";

std::string machine_name() {
  char name[HOST_NAME_MAX + 1] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

/// An address that stands for all of them is none to open.
std::string host_to_open(const std::string& address, const std::string& machine) {
  if ((address == "0.0.0.0" || address == "::") && !machine.empty()) return machine;
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

LocalAnswer page() {
  LocalAnswer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.body = page_html();
  return answer;
}

void secure(LocalAnswer& answer, const std::string& policy) {
  answer.headers.emplace_back("Content-Security-Policy", policy);
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.headers.emplace_back("X-Frame-Options", "DENY");
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  answer.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace

Result<std::string> page_token(const std::string& data_dir) {
  const std::string path = data_dir + "/ui-token";
  if (const auto kept = supervisor::read_file(path, 4096)) {
    std::string token = kept.value();
    while (token.ends_with('\n')) token.pop_back();
    struct stat found {};
    const bool is_own = ::stat(path.c_str(), &found) == 0 && (found.st_mode & 077) == 0;
    if (is_own && token.size() == token_digits && token.find_first_not_of(hex_digits) == std::string::npos)
      return token;
  }
  unsigned char bytes[token_digits / 2];
  if (::RAND_bytes(bytes, sizeof bytes) != 1) return Error{"make a token for the page", "no random numbers", 0};
  std::string token;
  for (const unsigned char byte : bytes) {
    token += hex_digits[byte >> 4U];
    token += hex_digits[byte & 15U];
  }
  if (const Status put = supervisor::write_atomically(path, token + "\n", 0600); !put) return put.error();
  return token;
}

Result<std::unique_ptr<PageServer>> PageServer::start(boost::asio::io_context& loop, const std::string& data_dir,
                                                      const std::string& address, std::uint16_t port,
                                                      LocalHandler api) {
  std::unique_ptr<PageServer> made(new PageServer());
  made->policy_ = content_security_policy(page_style(), page_script());
  made->api_ = std::move(api);
  auto server = LocalServer::start_tcp(
      loop, address, port,
      [self = made.get()](LocalRequest request, const Respond& respond) { self->answer(std::move(request), respond); });
  if (!server) {
    Error error = server.error();
    const bool taken = error.code == EADDRINUSE;
    error.reason += taken ? "; set VF_UI_ADDR to another port, or to port 0 for any that is free"
                          : "; set VF_UI_ADDR to an address of this machine, as in 127.0.0.1:8787";
    return error;
  }
  // After the listener: who waits for the token's file can connect once it is there.
  auto token = page_token(data_dir);
  if (!token) return token.error();
  made->access_ = {std::move(token).value(), machine_name()};
  made->server_ = std::move(server).value();
  made->url_ = "http://" + host_to_open(address, made->access_.machine_name) + ":" +
               std::to_string(made->server_->port()) + "/#token=" + made->access_.token;
  return made;
}

void PageServer::answer(LocalRequest request, const Respond& respond) const {
  const bool is_page = request.segments.empty();
  const Respond sealed = [this, is_page, respond](LocalAnswer answer) {
    secure(answer, is_page ? policy_ : "default-src 'none'; frame-ancestors 'none'");
    respond(std::move(answer));
  };
  if (auto refused = refusal(request, access_, !is_page)) return sealed(*std::move(refused));
  if (is_page) {
    if (request.method == "GET") return sealed(page());
    LocalAnswer wrong = error_answer(405, "the page takes GET");
    wrong.headers.emplace_back("Allow", "GET");
    return sealed(std::move(wrong));
  }
  if (request.segments[0] != "api")
    return sealed(error_answer(404, "there is the page at / here, and what the unix socket serves below /api"));
  request.segments.erase(request.segments.begin());
  const std::size_t api = request.path.find("api");
  request.path.erase(0, api + 3);
  api_(std::move(request), sealed);
}

}  // namespace vf::agent
