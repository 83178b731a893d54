#include "agent/update/download.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "push/url.h"
#include "supervisor/atomic_file.h"
#include "supervisor/process/unique_descriptor.h"

namespace vf::agent {
namespace {

using std::chrono::steady_clock;

constexpr auto patience = std::chrono::minutes(10);
constexpr int most_hops = 5;
constexpr std::uint64_t disk_reserve = 16U << 20;  // for everybody else on that disk

Error failed(std::string reason) {
  return Error{"download the update", std::move(reason), 0};
}

/// Where `location` leads to, as an absolute URL; nothing where it is not https.
std::optional<push::Url> next_hop(const push::Url& from, const std::string& location) {
  const auto next = push::parse_url(location.starts_with('/') ? from.origin() + location : location);
  return next && next->scheme == "https" ? next : std::nullopt;
}

std::string in_mib(std::uint64_t bytes) {
  return std::to_string((bytes + (1U << 20) - 1) >> 20) + " MiB";
}

/// Writes what comes, and knows its digest.
class HashedFile {
 public:
  explicit HashedFile(std::string path)
      : path_(std::move(path)),
        folder_(path_.substr(0, path_.rfind('/') + 1)),
        hash_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {}

  [[nodiscard]] bool open() {
    file_ =
        supervisor::UniqueDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0700));
    if (!file_) return system("open " + path_);
    return EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr) == 1 || fail("no SHA-256 in this OpenSSL");
  }
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) {
    struct statvfs disk {};
    if (::statvfs(folder_.c_str(), &disk) != 0) return system("look at " + folder_);
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free >= bytes + disk_reserve) return true;
    return fail("not enough room in " + folder_ + ": " + in_mib(free) + " free, " + in_mib(bytes + disk_reserve) +
                " needed");
  }
  [[nodiscard]] bool write(std::string_view bytes) {
    EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size());
    if (const Status written = supervisor::write_all(file_.get(), bytes, path_); !written)
      return fail(written.error().message());
    return true;
  }
  [[nodiscard]] bool close(const Sha256& wanted) {
    Sha256 digest{};
    EVP_DigestFinal_ex(hash_.get(), digest.data(), nullptr);
    if (digest != wanted) return fail("the file is not the one with the given checksum");
    if (::fchmod(file_.get(), 0755) != 0 || ::fsync(file_.get()) != 0) return system("write " + path_);
    file_ = {};
    return true;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool fail(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  bool system(const std::string& act) { return fail(system_error(act, errno).message()); }

  const std::string path_, folder_;
  supervisor::UniqueDescriptor file_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash_;
  std::string problem_;
};

}  // namespace

std::shared_ptr<HttpConnection> Download::connect(const std::string& origin) {
  HttpSettings settings = http_;
  const auto own = push::parse_url(http_.base_url);
  if (!own || own->origin() != origin) settings.client_cert = settings.client_key = "";
  settings.base_url = origin;
  const std::lock_guard lock(mutex_);
  connection_ = std::make_shared<HttpConnection>(std::move(settings));
  if (cancelled_) connection_->cancel();
  return connection_;
}

Status Download::run(const Update& update, const std::string& path) {
  Status done = supervisor::remove_file(path);  // of an attempt that was cut short
  if (done) done = fetch(update, path);
  if (!done) (void)supervisor::remove_file(path);
  const std::lock_guard lock(mutex_);
  connection_.reset();
  return done;
}

Status Download::fetch(const Update& update, const std::string& path) {
  HashedFile file(path);
  if (!file.open()) return failed(file.problem());
  const auto deadline = steady_clock::now() + patience;
  auto at = push::parse_url(update.url);
  for (int hops = 0; at && hops < most_hops; ++hops) {
    HttpRequest request;  // without the node's token: it is no business of a file server's
    request.path = at->target;
    request.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    request.max_response_bytes = largest;
    bool begun = false;
    request.on_body = [&](std::string_view bytes, std::uint64_t length) {
      if (!std::exchange(begun, true) && !file.has_room_for(length)) return false;
      return file.write(bytes);
    };
    const HttpResponse response = connect(at->origin())->perform(request);
    if (!file.problem().empty()) return failed(file.problem());
    if (response.fault == HttpFault::redirect) {
      const auto next = next_hop(*at, response.location);
      if (!next) return failed("it is redirected to something that is not https: " + response.location.substr(0, 200));
      at = next;
      continue;
    }
    if (response.status == 0) return failed(response.error);
    if (response.status != 200) return failed(at->origin() + " answered HTTP " + std::to_string(response.status));
    if (!file.close(update.digest)) return failed(file.problem());
    return success();
  }
  return failed("it is redirected too often");
}

void Download::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (connection_) connection_->cancel();
}

}  // namespace vf::agent
